"""Handing the built-in rules, and those of the user, to the catalog."""

import importlib
import importlib.util
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

from auditor.catalog import Catalog, nearest
from auditor.errors import UsageError
from rules import MODULES

ENTRY_POINTS = "sagemaker_auditor.rules"
_EXPECTED = "name a Python file (my_rules.py) or an installed module"
# What a file of somebody's own may raise while it is run for the first time.
_IMPORT_ERRORS = (
    *(ImportError, SyntaxError, NameError, ValueError, TypeError, AttributeError),
    *(ArithmeticError, LookupError, AssertionError, OSError, RuntimeError),
)


def load_catalog(own: Iterable[str] = ()) -> Catalog:
    """The built-in rules and the user's own.

    Args:
        own: names of modules, or paths of Python files, that hold rules; only what is named here, or is
            installed under the entry-point group `sagemaker_auditor.rules` and named here, is imported.

    Raises:
        UsageError: a module cannot be imported or holds no rules, or an id is taken.
    """
    extra = [_load(name) for name in own]
    try:
        return Catalog.of((*MODULES, *extra))
    except ValueError as error:
        raise UsageError(str(error)) from None


def _load(name: str) -> ModuleType:
    module = _from_file(Path(name)) if name.endswith(".py") else _from_name(name)
    if not len(Catalog.of((module,))):
        raise UsageError(f"{name} holds no rules", "decorate functions with @rule from auditor.model.rule")
    return module


def _from_file(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"own_rules.{path.stem}", path)
    if spec is None or spec.loader is None or not path.is_file():
        beside = (str(other) for other in path.parent.glob("*.py")) if path.parent.is_dir() else ()
        raise UsageError(f"--rules {path}: there is no such file", nearest(str(path), beside) or _EXPECTED)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except _IMPORT_ERRORS as error:
        raise UsageError(f"{path} cannot be imported: {type(error).__name__}: {error}") from error
    return module


def _from_name(name: str) -> ModuleType:
    if Path(name).is_file() or not all(part.isidentifier() for part in re.split(r"[.-]", name)):
        raise UsageError(f"--rules {name}: it is not a Python file", _EXPECTED)
    from importlib.metadata import entry_points  # noqa: PLC0415  slow to load, and rarely asked

    installed = entry_points(group=ENTRY_POINTS)
    for entry in installed:
        if entry.name == name:
            module = entry.load()
            if isinstance(module, ModuleType):
                return module
    try:
        return importlib.import_module(name)
    except _IMPORT_ERRORS as error:
        known = nearest(name, (entry.name for entry in installed)) or _EXPECTED
        raise UsageError(
            f"--rules {name}: the module cannot be imported: {type(error).__name__}: {error}", known
        ) from error
