"""Dockerfiles of training and serving images.

Source of the format: "Dockerfile reference" of Docker's documentation.
"""

from auditor.sources.document import Document
from auditor.sources.interface import GateContext, Source


def recognises(document: Document) -> bool:
    """Whether a document is the text of a Dockerfile, which its name told."""
    return document.form == "text" and isinstance(document.value, str)


def source(document: Document, context: GateContext) -> Source:
    """What reads a Dockerfile."""
    # The parser is loaded where there is a Dockerfile.
    from auditor.sources.dockerfile.build import DockerfileSource  # noqa: PLC0415

    return DockerfileSource(document, context)
