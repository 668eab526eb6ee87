"""The credential report of an account."""

import csv
import io
from typing import Any

from auditor.model.gap import Gap, Scope
from auditor.model.identity import CredentialRow
from auditor.model.resource import Observation
from auditor.model.unknown import Reason
from auditor.sources.live.neighbours.around import Around
from auditor.sources.live.reader import ReadFailed

ROOT = "<root_account>"
# IAM user guide, "Get credential reports": these words stand where there is no time or no setting.
_NOTHING = frozenset({"N/A", "no_information", "not_supported", ""})
_ATTEMPTS = 30
_PAUSE_SECONDS = 2.0


def read(around: Around) -> tuple[dict[str, CredentialRow], Observation]:
    """The rows by user name, and where they come from.

    Raises:
        ReadFailed: it could not be read, or was not ready in a minute.
    """
    operation = "iam:GenerateCredentialReport"
    for _ in range(_ATTEMPTS):
        if around.call(operation).data.get("State") == "COMPLETE":
            break
        around.reader.sleep(_PAUSE_SECONDS)
    else:
        scope = Scope(around.reader.account, around.region)
        raise ReadFailed(Gap(scope, operation, Reason.DEADLINE, "the report was not ready in a minute"))
    answer = around.call("iam:GetCredentialReport")
    return rows(answer.data["Content"]), answer.observation


def rows(content: bytes) -> dict[str, CredentialRow]:
    """The report's rows by the name of the user."""
    table = csv.DictReader(io.StringIO(content.decode("utf-8", "replace"), newline=""))
    return {row["user"]: CredentialRow.model_validate(_typed(row)) for row in table if row.get("user")}


def _typed(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: None if value in _NOTHING else value
        for name, value in row.items()
        if isinstance(value, str) and name is not None
    }
