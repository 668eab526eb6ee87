"""State machines in Amazon States Language: what their tasks ask of SageMaker, as the resources they will make.

Source of the format: "Create and manage Amazon SageMaker AI jobs with Step Functions" and "Learning to use AWS
service SDK integrations" of the Step Functions developer guide.
"""

from auditor.sources.document import Document
from auditor.sources.interface import GateContext, Source


def recognises(document: Document) -> bool:
    """Whether a document is a state machine: states, and the one that it starts at."""
    value = document.value
    return isinstance(value, dict) and isinstance(value.get("States"), dict) and isinstance(value.get("StartAt"), str)


def source(document: Document, context: GateContext) -> Source:
    """What reads a state machine."""
    # Models are loaded where there is a state machine.
    from auditor.sources.stepfunctions.machine import MachineSource  # noqa: PLC0415

    return MachineSource(document, context)
