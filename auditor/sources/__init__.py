"""Where facts come from: each source brings raw data into the model."""
