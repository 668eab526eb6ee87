"""The templates of the HTML pages, and what they have in common."""

import base64
import hashlib
from functools import cache
from importlib import resources
from typing import Any

import jinja2
from markupsafe import Markup

from .text import visible

_WORDS = {"iam": "IAM", "mfa": "MFA", "vpc": "VPC", "cloudtrail": "CloudTrail", "": "Other"}


@cache
def page(name: str) -> jinja2.Template:
    """A page's template: everything in it is escaped, and made safe to look at."""
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(template),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["concern"] = _concern
    environment.filters["kind"] = _kind
    return environment.get_template(name)


def template(name: str) -> str:
    """The text of a file beside the pages."""
    return resources.files(__package__).joinpath("templates", name).read_text(encoding="utf-8")


def digest(text: str) -> str:
    """What a content security policy calls an inline style or script by."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _finalize(value: Any) -> Any:
    """Make every string that is not markup safe to look at; line ends stay."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return "\n".join(map(visible, value.split("\n")))
    return value


def _concern(name: str) -> str:
    """The name of a concern for people: `iam_least_privilege` becomes `IAM least privilege`."""
    first, *rest = name.split("_")
    words = [_WORDS.get(first, first.capitalize()), *(_WORDS.get(word, word) for word in rest)]
    return " ".join(words)


def _kind(type_name: str) -> str:
    """A resource type for people: `SageMaker::Model`; CloudFormation writes the account `AWS::::Account`."""
    return type_name.removeprefix("AWS::").removeprefix("::")
