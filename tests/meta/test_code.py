"""What holds for the whole code base."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CODE = sorted(
    path for folder in ("auditor", "rules", "reports", "lambda_handlers") for path in ROOT.glob(f"{folder}/**/*.py")
)
# About 400: a file is split when it grows past that, not in the middle of a thought.
LONGEST_FILE = 420
# Made-up resources: those of the sample account, and the one that a user's rule is tried on.
MADE_UP = ("auditor/demo/", "auditor/cli/contract.py")
# Where a single resource, a single file and a single command are kept from taking the rest down.
BROAD_EXCEPTS = 3


def _relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_no_file_is_long() -> None:
    lengths = {_relative(path): len(path.read_text(encoding="utf-8").splitlines()) for path in CODE}
    assert not {name: length for name, length in lengths.items() if length > LONGEST_FILE}


def test_broad_excepts_are_few() -> None:
    broad = []
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ExceptHandler):
                caught = node.type
                names = caught.elts if isinstance(caught, ast.Tuple) else [caught]
                if any(n is None or getattr(n, "id", "") in {"Exception", "BaseException"} for n in names):
                    broad.append(f"{_relative(path)}:{node.lineno}")
    assert len(broad) <= BROAD_EXCEPTS, broad


def test_no_partition_is_written_down() -> None:
    literal = re.compile(r"arn:aws(?:-[a-z-]+)?:")
    found = []
    for path in CODE:
        name = _relative(path)
        if name.startswith(MADE_UP):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        found += [
            f"{name}:{node.lineno}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in prose
            and literal.search(node.value)
        ]
    assert not found


def test_nothing_is_left_undone() -> None:
    # The names are what this looks for; the file that spells them out is the one that is not looked at.
    undone = re.compile(r"\b(?:TODO|FIXME|XXX)\b|raise NotImplementedError|pytest\.(?:skip|xfail)|mark\.(?:skip|xfail)")
    here = Path(__file__).resolve()
    files = [*CODE, *(path for path in sorted(ROOT.glob("tests/**/*.py")) if path != here)]
    assert not [_relative(path) for path in files if undone.search(path.read_text(encoding="utf-8"))]
