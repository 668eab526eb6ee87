"""One resource with text that no encoding has a form for, or with bottomless JSON, must not end a scan."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import botocore.session

from auditor.model.sagemaker import NotebookInstance
from auditor.model.text import writable
from auditor.model.unknown import Reason, Unknown
from auditor.sources.document import read_documents
from auditor.sources.live.clients import new_session
from auditor.sources.live.neighbours.gathering import document

_BODY = b'{"Tags": [{"Key": "\\ud800", "Value": "a\\uDC00b"}, {"Key": "face", "Value": "\\ud83d\\ude00"}]}'
_TAGS = [{"Key": "?", "Value": "a?b"}, {"Key": "face", "Value": "\N{GRINNING FACE}"}]


def _parsed(body: bytes, status: int) -> dict[str, Any]:
    model = botocore.session.Session().get_service_model("sagemaker")
    parser = new_session().get_component("response_parser_factory").create_parser("json")
    answer = {"body": body, "status_code": status, "headers": {}}
    return dict(parser.parse(answer, model.operation_model("ListTags").output_shape))


def test_an_answer_holds_only_text_that_can_be_written() -> None:
    assert _parsed(_BODY, 200)["Tags"] == _TAGS


def test_an_error_holds_only_text_that_can_be_written() -> None:
    answer = _parsed(b'{"__type": "ValidationException", "message": "no \\ud800"}', 400)
    assert answer["Error"]["Message"] == "no ?"


def test_a_file_holds_only_text_that_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / "template.json"
    path.write_bytes(_BODY)
    assert read_documents(path)[0].value == {"Tags": _TAGS}


def test_a_policy_document_holds_only_text_that_can_be_written() -> None:
    assert document('{"Sid": "\\ud800"}') == {"Sid": "?"}


def test_a_bottomless_policy_document_is_not_observed() -> None:
    found = document('{"Statement":' + "[" * 100_000)
    assert isinstance(found, Unknown)
    assert found.reason is Reason.UNEXPECTED_VALUE


def test_what_can_be_written_is_left_as_it_is() -> None:
    data = {"at": datetime(2026, 1, 1, tzinfo=UTC), "name": "n", "tags": [NotebookInstance.cfn_type]}
    assert writable(data) is data
    assert json.dumps(writable(["\ud800"])) == '["?"]'
