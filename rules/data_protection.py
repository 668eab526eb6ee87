"""Data protection: no secrets in what everybody who may describe a resource can read."""

from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any

from auditor.model import sagemaker as model
from auditor.model.parameter import Parameter
from auditor.model.resource import Resource
from auditor.model.rule import Rule
from auditor.model.sensitive import Redacted
from auditor.model.unknown import CannotAssess
from auditor.model.verdict import Severity, Verdict, failed, passed

from ._fields import Spot, judge_spots, spots

_BY_NAME = frozenset({"secret-by-name"})
_HARMLESS = Parameter(
    "harmless_names",
    (),
    "names of keys that sound like a secret's and hold none; a value that looks like a token fails all the same",
)


def _secrets(value: Any, harmless: tuple[str, ...]) -> tuple[str, ...]:
    """Detectors that fired on a redacted text, or on any value of a map of them."""
    unknown: CannotAssess | None = None
    found: set[str] = set()
    for name, item in value.items() if isinstance(value, dict) else (("", value),):
        try:
            bool(item)
        except CannotAssess as error:
            unknown = unknown or error
            continue
        seen = item.secrets if isinstance(item, Redacted) else ()
        found.update({*seen} - _BY_NAME if name in harmless else seen)
    if unknown is not None and not found:
        raise unknown
    return tuple(sorted(found))


def _clean(spot: Spot, harmless: tuple[str, ...]) -> Verdict:
    found = _secrets(spot.value(), harmless)
    if found:
        return failed(f"it looks like a secret: {', '.join(found)}", at=spot.path)
    return passed("nothing in it looks like a secret", at=spot.path)


@dataclass(frozen=True, slots=True)
class _Row:
    """One type with readable text. Args: id, what it is called, the type, its paths, whether values have names."""

    id: str
    what: str
    kind: type[Resource]
    paths: tuple[str, ...]
    named: bool = True


def _no_secrets(row: _Row) -> Rule:
    def judge(resource: Resource, *, harmless_names: tuple[str, ...] = ()) -> Verdict:
        found = chain.from_iterable(spots(resource, path) for path in row.paths)
        clean = partial(_clean, harmless=harmless_names)
        return judge_spots(found, clean, empty=passed("there is nothing in it", at=row.paths[0]))

    return Rule(
        id=row.id,
        title=f"{row.what} holds no secrets.",
        severity=Severity.HIGH,
        why="whoever may describe the resource can read it, and it stays in logs and histories.",
        fix="Move the secret to Secrets Manager, read it there at run time, and change it: it is known.",
        limits="Known token formats and names of keys are recognised; other secrets are not.",
        judge=judge,
        scope=(row.kind,),
        controls=("NIST-800-53r5:IA-5(7)", "WA-ML:MLSEC03-BP03"),
        tags=("secrets",),
        parameters=(_HARMLESS,) if row.named else (),
    )


NO_SECRETS = tuple(
    _no_secrets(row)
    for row in (
        _Row(
            "notebook-lifecycle-config-secrets",
            "A notebook lifecycle configuration",
            model.NotebookInstanceLifecycleConfig,
            ("OnCreate[].Content", "OnStart[].Content"),
            named=False,
        ),
        _Row(
            "studio-lifecycle-config-secrets",
            "A Studio lifecycle configuration",
            model.StudioLifecycleConfig,
            ("StudioLifecycleConfigContent",),
            named=False,
        ),
        _Row(
            "model-environment-secrets",
            "A model's environment",
            model.Model,
            ("PrimaryContainer.Environment", "Containers[].Environment"),
        ),
        _Row(
            "training-job-environment-secrets",
            "A training job's environment",
            model.TrainingJob,
            ("Environment",),
        ),
        _Row(
            "training-job-hyperparameter-secrets",
            "A training job's hyperparameters",
            model.TrainingJob,
            ("HyperParameters",),
        ),
        _Row(
            "processing-job-environment-secrets",
            "A processing job's environment",
            model.ProcessingJob,
            ("Environment",),
        ),
        _Row(
            "transform-job-environment-secrets",
            "A transform job's environment",
            model.TransformJob,
            ("Environment",),
        ),
        _Row(
            "tuning-job-environment-secrets",
            "A tuning job's environment",
            model.HyperParameterTuningJob,
            ("TrainingJobDefinition.Environment", "TrainingJobDefinitions[].Environment"),
        ),
    )
)
