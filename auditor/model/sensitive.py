"""`Sensitive` fields: the value is dropped at the door.

Only its length and what a secret detector saw in it stay.
"""

import base64
import re
from functools import lru_cache
from typing import Annotated, Any

from pydantic import BeforeValidator

from .fields import Maybe

# Published token formats: a prefix and a length, so that ordinary text does not look like one. Each match can
# only begin where its text begins, and repeats are bounded: what an account holds must not cost quadratic time.
_DETECTORS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("aws-access-key-id", re.compile(r"(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Z0-9])")),
    (
        "aws-secret-access-key",
        re.compile(r"(?i)aws.{0,20}secret.{0,20}[=:]\s*[\"']?[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])"),
    ),
    ("private-key", re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----")),
    ("github-token", re.compile(r"(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60,})")),
    ("slack-token", re.compile(r"xox[abprs]-[A-Za-z0-9-]{10,}")),
    ("huggingface-token", re.compile(r"(?<![A-Za-z0-9])hf_[A-Za-z0-9]{30,}")),
    ("jwt", re.compile(r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}")),
    ("credentials-in-url", re.compile(r"[a-z0-9]://[^/\s:@]+:[^/\s:@]{3,}@")),
    (
        "password-assignment",
        re.compile(r"(?i)(?:password|passwd|secret|api_?key|auth_?token)[\"']?\s*[=:]\s*[\"']?[^\s\"'$]{8,}"),
    ),
)
_SECRET_NAMES = re.compile(r"(?i)(?:^|[_\-.])(?:password|passwd|secret|api_?key|access_?token|auth_?token)$")
_SHORTEST = 12
_ANY = re.compile("|".join(f"(?:{pattern.pattern.removeprefix('(?i)')})" for _, pattern in _DETECTORS), re.IGNORECASE)
# Values that point to where the secret is kept are not the secret.
_POINTERS = re.compile(r"^(?:arn:[a-z0-9-]+:(?:secretsmanager|ssm):|\{\{resolve:|\$\{|/)")


class Redacted:
    """What is left of a sensitive value.

    Args:
        length: characters in the value.
        secrets: names of the detectors that recognised a secret in it, sorted.
    """

    __slots__ = ("length", "secrets")

    def __init__(self, length: int, secrets: tuple[str, ...] = ()) -> None:
        self.length = length
        self.secrets = secrets

    def __repr__(self) -> str:
        return f"<redacted, {self.length} chars>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Redacted) and self.length == other.length and self.secrets == other.secrets

    def __hash__(self) -> int:
        return hash((self.length, self.secrets))


def redact(value: str, name: str = "") -> Redacted:
    """Drop a value, keep its length and what the detectors saw.

    Args:
        value: the sensitive text.
        name: the key it stood under; a key that names a password makes any literal value a secret.
    """
    # No secret that the detectors know is shorter; most values are.
    looks = len(value) >= _SHORTEST and _ANY.search(value) is not None
    named = bool(value) and _names_a_secret(name) and not _POINTERS.match(value)
    if not (looks or named):
        return Redacted(len(value))
    seen = {label for label, pattern in _DETECTORS if pattern.search(value)} if looks else set()
    if named:
        seen.add("secret-by-name")
    return Redacted(len(value), tuple(sorted(seen)))


@lru_cache(maxsize=4096)
def _names_a_secret(name: str) -> bool:
    # Jobs of one kind have the same names over and over.
    return bool(name) and _SECRET_NAMES.search(name) is not None


def _redact_text(value: Any) -> Any:
    return redact(value) if isinstance(value, str) else value


def _redact_script(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    # A template may hold the script itself where the API holds its base64 text.
    found = {*redact(value).secrets, *redact(_decoded(value)).secrets}
    return Redacted(len(value), tuple(sorted(found)))


def _decoded(value: str) -> str:
    try:
        return base64.b64decode("".join(value.split()), validate=True).decode("utf-8", "replace")
    except ValueError:
        return ""


def _redact_map(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {
        _key(key, number): redact(item, key) if isinstance(item, str) else item
        for number, (key, item) in enumerate(value.items(), 1)
    }


def _key(key: Any, number: int) -> Any:
    """A key, or what stands for one that is a secret itself."""
    secret = isinstance(key, str) and len(key) >= _SHORTEST and redact(key).secrets
    return f"<redacted {number}>" if secret else key


SensitiveText = Annotated[Redacted, BeforeValidator(_redact_text)]
# Text that the API holds in base64, such as the script of a lifecycle configuration.
SensitiveScript = Annotated[Redacted, BeforeValidator(_redact_script)]
SensitiveMap = Annotated[dict[str, Maybe[Redacted]], BeforeValidator(_redact_map)]
