"""sagemaker-auditor: proves how Amazon SageMaker is run."""

__version__ = "0.1.0"
