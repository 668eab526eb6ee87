"""What an account holds may be long and hostile: looking for secrets in it must end, and must not be evaded."""

import pytest

from auditor.model.sagemaker.notebooks import NotebookInstanceLifecycleHook
from auditor.model.sensitive import redact

_JWT = f"eyJ{'a' * 20}.eyJ{'b' * 20}.{'c' * 20}"


@pytest.mark.parametrize("text", ["a", "eyJ", "password", "awssecret", "a://", "xoxb-", "-----BEGIN "])
def test_a_megabyte_of_beginnings_ends(text: str) -> None:
    """With a detector that takes quadratic time this test would take days."""
    value = text * (2**20 // len(text))
    assert redact(value).length == len(value)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        (f"Authorization: Bearer {_JWT}", "jwt"),
        ("git clone https://user:correct-horse@git.example.org/x", "credentials-in-url"),
        ("postgresql+psycopg2://user:correct-horse@db/x", "credentials-in-url"),
    ],
)
def test_what_was_recognised_still_is(text: str, label: str) -> None:
    assert label in redact(text).secrets


def test_text_beyond_ascii_does_not_hide_a_secret_in_a_script() -> None:
    script = "# für alle\nexport DB_PASSWORD=correct-horse-battery\n"
    hook = NotebookInstanceLifecycleHook.model_validate({"Content": script})
    assert hook.content is not None
    assert "password-assignment" in hook.content.secrets
