"""What the README and the documents tell people to type is there, and does what it says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner

from auditor.cli import cli
from auditor.errors import AuditError

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = "sagemaker-auditor"
# These ask AWS, fill an embedded one, or need what such a run left behind; all the others are run as they stand.
_NEED_MORE = frozenset({"scan", "demo", "report"})
_FENCE = re.compile(r"^```[a-z]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")
_TARGET = re.compile(r"^([a-z][a-z-]*):", re.MULTILINE)
_LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
PAGES = (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md")))
OWN_RULES = ROOT / "docs" / "own-rules.md"


def written() -> Iterator[tuple[str, str, bool]]:
    """Page, what it tells to type, and whether it stands in a block of its own."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for block in _FENCE.findall(text):
            for line in block.replace("\\\n", " ").splitlines():
                yield page.name, line.split("  #")[0].strip(), True
        for words in _INLINE.findall(_FENCE.sub("", text)):
            yield page.name, words, False


COMMANDS = sorted({line for _, line, _ in written() if line.startswith(f"{PROGRAM} ")})
BLOCKS = sorted({line for _, line, block in written() if block and line.startswith(f"{PROGRAM} ")})
TARGETS = sorted({line.split()[1] for _, line, _ in written() if re.fullmatch(r"make [a-z-]+( .*)?", line)})


def example(language: str = "python") -> str:
    """The file of rules (or, in JSON, of their cases) that the page on rules of one's own tells to save."""
    text = OWN_RULES.read_text(encoding="utf-8")
    found = re.search(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture
def own_rules(tmp_path: Path) -> Path:
    path = tmp_path / "my_rules.py"
    path.write_text(example(), encoding="utf-8")
    path.with_name("my_cases.json").write_text(example("json"), encoding="utf-8")
    return path


def parsed(words: list[str]) -> click.Context:
    """Let click parse a line, without running it."""
    context = cli.make_context(PROGRAM, list(words))
    while isinstance(context.command, click.Group):
        # Without a sub-command a group's line is one that only names it.
        rest = [*context._protected_args, *context.args]
        if not rest:
            return context
        name, command, rest = context.command.resolve_command(context, rest)
        assert command is not None
        context = command.make_context(name, rest, parent=context)
    return context


def test_there_is_something_to_look_at() -> None:
    assert {line.split()[1] for line in BLOCKS} >= {"scan", "permissions", "rules", "report"}
    assert {"demo", "test"} <= set(TARGETS)


@pytest.mark.parametrize("line", COMMANDS)
def test_every_line_parses(line: str) -> None:
    words = shlex.split(line, comments=True)[1:]
    # In running text a command may be named without what it needs.
    if line in BLOCKS:
        parsed(words)
    else:
        command: click.Command | None = cli
        for word in words:
            if not isinstance(command, click.Group):
                break
            command = command.get_command(click.Context(command), word)
        assert command is not None


@pytest.mark.parametrize("line", [line for line in COMMANDS if line in BLOCKS and line.split()[1] not in _NEED_MORE])
def test_lines_that_need_no_account_run(line: str, own_rules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    line = line.replace("my_rules.py", str(own_rules))
    line = line.replace("my_cases.json", str(own_rules.with_name("my_cases.json")))
    result = CliRunner().invoke(cli, shlex.split(line, comments=True)[1:], standalone_mode=False)
    assert not isinstance(result.exception, AuditError | click.ClickException), result.exception
    assert result.exception is None
    assert result.stdout


@pytest.mark.parametrize("more", ["", " --cases my_cases.json"])
def test_rules_of_ones_own_are_tested_as_the_readme_says(
    more: str, own_rules: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = f"{PROGRAM} rules test --rules my_rules.py{more}"
    assert line in COMMANDS
    monkeypatch.chdir(own_rules.parent)
    result = CliRunner().invoke(cli, line.split()[1:], standalone_mode=False)
    assert result.exception is None
    assert "0 faults" in result.stdout


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_exists(target: str) -> None:
    assert target in _TARGET.findall((ROOT / "Makefile").read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_within_the_project_lead_somewhere(page: Path) -> None:
    broken = [link for link in _LINK.findall(page.read_text(encoding="utf-8")) if not (page.parent / link).exists()]
    assert broken == []


def aws_commands(page: Path) -> list[list[str]]:
    blocks = "".join(_FENCE.findall(page.read_text(encoding="utf-8"))).replace("\\\n", " ")
    return [shlex.split(line) for line in blocks.splitlines() if line.startswith("aws ")]


def test_the_readme_deploys_as_the_page_on_it_does() -> None:
    """tests/deploy holds that page to the AWS CLI and to the templates."""
    told = aws_commands(ROOT / "README.md")
    assert len(told) == 4 + 3
    assert [command for command in told if command not in aws_commands(ROOT / "docs" / "deploy.md")] == []


def test_every_command_stands_in_the_readme_or_the_changelog() -> None:
    told = {words for _, words, _ in written()}
    for name in cli.list_commands(click.Context(cli)):
        if name not in {"config", "completion"}:
            assert any(line.startswith(f"{PROGRAM} {name}") or line == f"make {name}" for line in told), name
