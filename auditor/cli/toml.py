"""Values as TOML writes them."""

import json
import re

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def key(name: str) -> str:
    """A key of TOML."""
    return name if _BARE.fullmatch(name) else toml(name)


def toml(value: object) -> str:
    """A value of TOML: text, number, boolean, list or table of such."""
    if isinstance(value, list | tuple):
        return "[" + ", ".join(toml(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key(name)} = {toml(item)}" for name, item in value.items()) + "}"
    # JSON's strings, numbers and booleans are TOML's, but for DEL and for halves of surrogate pairs.
    return json.dumps(value).replace("\x7f", "\\u007f")
