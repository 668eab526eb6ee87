# ruff: noqa: INP001  scripts, not a package
"""Writes into the templates what is derived from the code; with `--check` names what is stale.

A block between `# begin: sagemaker-auditor permissions --for PURPOSE` and `# end` holds the output of that command.
"""

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

from auditor.sources.live.permissions import policy

FOLDER = Path(__file__).resolve().parent
TEMPLATES = ("template.yaml", "member-role.yaml")
_BLOCK = re.compile(
    r"^(?P<indent> *)# begin: sagemaker-auditor permissions --for (?P<purpose>[a-z-]+)\n(?:.*\n)*? *# end\n",
    re.MULTILINE,
)


class _Indented(yaml.SafeDumper):
    """Lists stand further in than their key, as in the rest of the templates."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002  PyYAML's signature
        return super().increase_indent(flow, indentless=False)


def filled(text: str) -> str:
    """A template with its derived blocks as they must be."""
    return _BLOCK.sub(_block, text)


def _block(found: re.Match[str]) -> str:
    indent, purpose = found["indent"], found["purpose"]
    body = yaml.dump(policy(purpose), Dumper=_Indented, sort_keys=False, width=120)
    lines = [f"# begin: sagemaker-auditor permissions --for {purpose}", *body.splitlines(), "# end"]
    return "".join(f"{indent}{line}\n" for line in lines)


def stale() -> Iterator[tuple[Path, str]]:
    """The templates that do not hold what they must, and what that is."""
    for name in TEMPLATES:
        path = FOLDER / name
        text = path.read_text(encoding="utf-8")
        wanted = filled(text)
        if text != wanted:
            yield path, wanted


def main() -> int:
    """Write, or check; the exit code is 1 where something is stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, name what is stale")
    check = parser.parse_args().check
    found = list(stale())
    for path, text in found:
        sys.stdout.write(f"{'stale' if check else 'written'}: {path.name}\n")
        if not check:
            path.write_text(text, encoding="utf-8")
    return int(check and bool(found))


if __name__ == "__main__":
    sys.exit(main())
