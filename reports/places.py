"""Where a finding stands, for the formats that know only files and lines."""

from urllib.parse import quote

from auditor.model.finding import Finding

from .text import visible


def file_of(finding: Finding) -> str:
    """The file that a finding is in; for one of a live account a path made of who the resource is."""
    if finding.location is not None:
        return finding.location.file
    who = finding.resource
    parts = ("aws", who.account, who.region, *who.type.split("::")[1:], who.name)
    return "/".join(part.replace("/", "_") for part in parts if part and part != "..")


def line_of(finding: Finding) -> int:
    """The 1-based line; 1 where there is none to name."""
    return max(finding.location.line, 1) if finding.location is not None else 1


def name_of(finding: Finding) -> str:
    """What the resource is called where it stands: its logical id, else its name, else its type."""
    logical = finding.location.logical_id if finding.location is not None else ""
    return logical or finding.resource.name or finding.resource.type


def place_of(finding: Finding) -> str:
    """File and line as people write them, or the ARN of a live resource; made visible."""
    if finding.location is None:
        return visible(finding.resource.arn or finding.resource.name)
    line = finding.location.line
    return visible(f"{finding.location.file}:{line}" if line else finding.location.file)


def uri_of(file: str) -> str:
    """A file as a URI reference (RFC 3986); a colon is escaped, for it would end a scheme."""
    return quote(file.encode("utf-8", "replace"), safe="/")
