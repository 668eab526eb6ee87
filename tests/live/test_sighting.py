"""What goes to the judging process: facts, and nothing that costs more to send than to make again."""

import pickle
from unittest.mock import patch

from auditor.model.codec import encode
from auditor.model.resource import Identity, Observation, Origin
from auditor.model.sagemaker import NotebookInstance
from auditor.sources.live.sighting import Recalled

IDENTITY = Identity(NotebookInstance.cfn_type, "nb", "arn:aws:sagemaker:eu-west-1:111122223333:notebook-instance/nb")
NOTEBOOK = NotebookInstance.build(
    {"RootAccess": "Disabled"}, IDENTITY, Origin("live", Observation("sagemaker:DescribeNotebookInstance"))
)


def test_what_was_recalled_is_decoded_once_in_a_process() -> None:
    recalled = Recalled(NotebookInstance, encode(NOTEBOOK), IDENTITY, NOTEBOOK)
    with patch("auditor.sources.live.sighting.decode", side_effect=AssertionError):
        assert recalled.build() is NOTEBOOK


def test_another_process_makes_its_own() -> None:
    recalled = Recalled(NotebookInstance, encode(NOTEBOOK), IDENTITY, NOTEBOOK)
    sent = pickle.loads(pickle.dumps(recalled))  # noqa: S301  from this process
    assert sent == recalled
    assert sent.resource is None
    built = sent.build()
    assert (encode(built), built.identity) == (encode(NOTEBOOK), IDENTITY)
