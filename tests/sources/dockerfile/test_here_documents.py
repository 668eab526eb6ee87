"""Where the lines of a here-document end, as the builder sees it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.model.dockerfile import Dockerfile
from auditor.model.gap import Gap
from auditor.model.resource import Location
from auditor.model.unknown import CannotAssess, Reason
from auditor.sources.dockerfile.build import DockerfileSource
from auditor.sources.document import Document
from auditor.sources.interface import GateContext


def _read(text: str, **given: str) -> tuple[Dockerfile, list[Gap]]:
    document = Document("Dockerfile", text, Path("Dockerfile"), "text")
    found = list(DockerfileSource(document, GateContext(parameters=given)).collect())
    (file,) = [item for item in found if isinstance(item, Dockerfile)]
    return file, [item for item in found if isinstance(item, Gap) and item.reason is not Reason.EXCLUDED]


def test_continued_lines_and_here_documents() -> None:
    file, _ = _read("FROM a\nRUN apt \\\n && curl x \\\n | sh\nRUN <<EOF\nUSER root\ncurl y | bash\nEOF\nUSER app\n")
    assert [script.shell for script in file.piped_scripts] == ["sh", "bash"]
    assert file.user == "app"
    assert file.origin.of("PipedScripts[1].Shell") == Location("Dockerfile", 5)


@pytest.mark.parametrize(
    ("text", "user"),
    [
        ('RUN echo "1 <<END"\nUSER root\nEND', "root"),
        ("RUN echo '1 <<END'\nUSER root\nRUN END", "root"),
        ("RUN echo \\<<END\nUSER root\nEND", "root"),
        ('RUN ["echo", "<<END"]\nUSER root\nEND', "root"),
        ("RUN echo it's <<END\nUSER root\nEND", "root"),
        ("RUN cat <<<END\nUSER root\nEND", "root"),
        ("RUN cat <<END\nUSER root\nEND", "app"),
        ("RUN cat <<'E N'\nUSER root\nE N", "app"),
        ('RUN cat 3<<E"N"D\nUSER root\nEND', "app"),
        ("RUN cat <<-END\nUSER root\n\tEND", "app"),
        ("RUN cat <<A <<B\nx\nA\nUSER root\nB", "app"),
        ("RUN cat <<END\n END\nUSER root\nEND", "app"),
        ("RUN cat <<END\nx \\\nEND\nUSER root", "root"),
        ("RUN cat <<END\nx\x0bEND\nUSER root\nEND", "app"),
        ("RUN cat <<END\r\nUSER root\r\nEND\r", "app"),
        ("ONBUILD RUN cat <<END\nUSER root\nEND", "app"),
        ("ENV A=<<END\nUSER root\nENV END=1", "root"),
        ("RUN x \\\n# USER other\n\n  y\nUSER root", "root"),
        ("RUN x \\\\\nUSER root", "root"),
        ("RUN x\u2028USER other", "app"),
        ("user root", "root"),
        ("USER\troot", "root"),
    ],
)
def test_the_lines_of_a_here_document_are_those_of_the_builder(text: str, user: str) -> None:
    assert _read(f"FROM a\nUSER app\n{text}\n")[0].user == user


def test_another_escape_continues_lines() -> None:
    assert _read("# escape=`\nFROM a\nRUN x `\nUSER no\nRUN y \\\nUSER app\n")[0].user == "app"
    assert _read("# escape=`\nFROM a\nUSER ro`ot\n")[0].user == "root"


@pytest.mark.parametrize(
    ("line", "end"), [("RUN cat <<END", "x"), ('RUN echo "${a%b}" <<END', "END"), ("RUN cat <<E`ND", "E`ND")]
)
def test_where_a_here_document_may_end_elsewhere_nothing_passes(line: str, end: str) -> None:
    file, (gap,) = _read(f"FROM a\nUSER app\n{line}\nUSER root\n{end}\n")
    assert "Dockerfile:3: it is not certain where a here-document ends" in gap.detail
    with pytest.raises(CannotAssess):
        _ = file.user
    with pytest.raises(CannotAssess):
        _ = file.base_images[-1].image
    with pytest.raises(CannotAssess):
        _ = file.downloads[-1].checksum
    with pytest.raises(CannotAssess):
        _ = file.piped_scripts[-1].shell


def test_behind_a_here_document_that_never_ends_every_line_is_read() -> None:
    file, gaps = _read("FROM a\nRUN cat <<END\nRUN cat <<X\nRUN curl u | sh\nX\n")
    assert file.piped_scripts[0].shell == "sh"
    assert [gap.detail for gap in gaps] == ["Dockerfile:2: it is not certain where a here-document ends"]


def test_a_shift_is_no_here_document() -> None:
    assert _read("FROM a\nRUN echo $((1<<x))\nUSER root")[0].user == "root"


TEXTS = st.lists(
    st.sampled_from(["USER root", "ADD http://x /y", " END", "END x", "x \\", "# x", "", "FROM b"]), max_size=6
)


@given(inner=TEXTS, opened=st.sampled_from(["<<END", "<<'END'", '1<<"END"', "<<E\\ND"]))
def test_nothing_of_a_here_document_is_an_instruction(inner: list[str], opened: str) -> None:
    file, gaps = _read("\n".join(["FROM a", f"COPY {opened} /x", *inner, "END", "USER app", ""]))
    assert file.user == "app"
    assert [base.image for base in file.base_images] == ["a"]
    assert not file.downloads
    assert not gaps
