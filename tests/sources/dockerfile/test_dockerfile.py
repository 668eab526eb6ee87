"""Dockerfiles: what is read of them, in which line, and what only the build tells."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import InputError
from auditor.model.dockerfile import Dockerfile
from auditor.model.gap import Gap
from auditor.model.resource import Location
from auditor.model.unknown import CannotAssess, Reason
from auditor.sources.detect import detect
from auditor.sources.dockerfile.build import DockerfileSource
from auditor.sources.dockerfile.words import piped
from auditor.sources.document import Document, read_documents
from auditor.sources.interface import GateContext


def _read(text: str, **given: str) -> tuple[Dockerfile, list[Gap]]:
    document = Document("Dockerfile", text, Path("Dockerfile"), "text")
    found = list(DockerfileSource(document, GateContext(parameters=given)).collect())
    (file,) = [item for item in found if isinstance(item, Dockerfile)]
    return file, [item for item in found if isinstance(item, Gap) and item.reason is not Reason.EXCLUDED]


def _images(text: str, **given: str) -> list[str]:
    return [base.image for base in _read(text, **given)[0].base_images]


def test_the_images_it_starts_and_copies_from() -> None:
    text = (
        "ARG TAG=3.12\nFROM --platform=linux/amd64 python:${TAG} AS build\nFROM build\nFROM scratch as last\n"
        "COPY --from=build /a /a\nCOPY --from=0 /a /a\nCOPY --from=alpine:3 /b /b\n"
    )
    assert _images(text) == ["python:3.12", "scratch", "alpine:3"]
    assert _images(text, TAG="3.13")[0] == "python:3.13"
    file, _ = _read(text)
    assert [file.origin.of(f"BaseImages[{index}].Image") for index in range(3)] == [
        Location("Dockerfile", 2),
        Location("Dockerfile", 4),
        Location("Dockerfile", 7),
    ]


@pytest.mark.parametrize(
    ("text", "image"),
    [
        ("ARG A\nFROM ${A:-python:3}", "python:3"),
        ("ARG A=x\nFROM a${A:+b}", "ab"),
        ("ARG A\nFROM a${A:+b}", "a"),
        ("ARG A=1\nARG B=p:$A\nFROM $B", "p:1"),
    ],
)
def test_variables(text: str, image: str) -> None:
    assert _images(text) == [image]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("ARG A\nFROM x:$A", Reason.RUNTIME_VALUE),
        ("FROM x:${A#y}", Reason.UNSUPPORTED_SYNTAX),
        ("FROM\nRUN x", Reason.UNSUPPORTED_SYNTAX),
    ],
)
def test_an_image_that_only_the_build_tells(text: str, reason: Reason) -> None:
    file, _ = _read(text)
    with pytest.raises(CannotAssess) as caught:
        _ = file.base_images[0].image
    assert caught.value.unknown.reason is reason


@pytest.mark.parametrize(
    ("text", "user"),
    [
        ("FROM a\nUSER root\nUSER app", "app"),
        ("FROM a AS b\nUSER app\nFROM b", "app"),
        ("FROM a\nARG WHO=app\nUSER $WHO", "app"),
        ("FROM scratch", "root"),
        ("FROM a\nUSER 0:0\nONBUILD USER app", "0:0"),
    ],
)
def test_the_user_of_the_last_stage(text: str, user: str) -> None:
    assert _read(text)[0].user == user


@pytest.mark.parametrize("text", ["FROM a\nUSER app\nFROM b", "FROM a\nARG W\nUSER $W"])
def test_a_user_that_the_file_does_not_say(text: str) -> None:
    with pytest.raises(CannotAssess):
        _ = _read(text)[0].user


def test_values_are_dropped_and_secrets_seen() -> None:
    file, gaps = _read('FROM a\nENV LANG=C\nENV A="b c" DB_PASSWORD=correct-horse\nENV OLD style\nARG TOKEN\n')
    assert {name: len(value.secrets) for name, value in file.environment.items() if hasattr(value, "secrets")} == {
        "LANG": 0,
        "A": 0,
        "DB_PASSWORD": 1,
        "OLD": 0,
    }
    assert file.arguments == ("TOKEN",)
    assert file.origin.of("Environment") == Location("Dockerfile", 3)
    assert "correct-horse" not in repr(file)
    assert not gaps


def test_what_is_not_understood_is_a_gap_and_no_pass() -> None:
    file, (gap,) = _read("FROM a\nENV A=1 hunter2hunter2\n")
    assert (gap.scope.type, gap.scope.resource) == ("AWS::::Dockerfile", "Dockerfile")
    assert "Dockerfile:2" in gap.detail
    assert "hunter2" not in gap.detail
    with pytest.raises(CannotAssess):
        any(file.environment.values())


def test_what_add_fetches() -> None:
    file, _ = _read(
        "FROM a\nADD https://u:p@a.example/x /x\nADD --checksum=sha256:0f https://b.example/y /y\nADD local /z\n"
    )
    assert [(item.host, item.checksum) for item in file.downloads] == [("a.example", None), ("b.example", "sha256:0f")]


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ("curl -fsSL https://x.example | sh", [("curl", "sh")]),
        ("apt-get update && wget -qO- https://x.example | sudo -E bash -", [("wget", "bash")]),
        ("curl https://x.example | tee /log | /usr/bin/python3 -", [("curl", "python3")]),
        ("bash <(curl https://x.example)", [("curl", "bash")]),
        ('sh -c "$(wget -O- https://x.example)"', [("wget", "sh")]),
        ('["sh", "-c", "curl https://x.example | sh"]', [("curl", "sh")]),
        ("curl -o x https://x.example && sh x", []),
        ("curl https://x.example | tar xz", []),
        ("curl https://x.example || sh fallback.sh", []),
        ("apt-get install curl; echo | sh", []),
        ("", []),
    ],
)
def test_programs_that_are_run_unseen(command: str, found: list[tuple[str, str]]) -> None:
    assert list(piped(command)) == found


def test_continued_lines_and_here_documents() -> None:
    file, _ = _read("FROM a\nRUN apt \\\n && curl x \\\n | sh\nRUN <<EOF\nUSER root\ncurl y | bash\nEOF\nUSER app\n")
    assert [script.shell for script in file.piped_scripts] == ["sh", "bash"]
    assert file.user == "app"
    assert file.origin.of("PipedScripts[1].Shell") == Location("Dockerfile", 5)


def test_a_shift_is_no_here_document() -> None:
    assert _read("FROM a\nRUN echo $((1<<x))\nUSER root")[0].user == "root"


def test_values_that_double_themselves_end() -> None:
    file, _ = _read("\n".join(["FROM a", "ENV A=xx", *["ENV A=$A$A"] * 100, "USER $A"]))
    with pytest.raises(CannotAssess, match="expand too far"):
        _ = file.user


def test_many_stages() -> None:
    chain = [f"FROM s{index} AS s{index + 1}" for index in range(400)]
    assert _read("\n".join(["FROM a AS s0", "USER root", *chain]))[0].user == "root"
    with pytest.raises(InputError, match="more than 500 stages"):
        _read("FROM a\n" * 600)


def test_a_file_is_told_by_its_name_and_needs_a_from(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text("RUN x\n", encoding="utf-8")
    (document,) = read_documents(path, "Dockerfile")
    kind = detect(document)
    assert kind is not None
    assert kind.name == "dockerfile"
    with pytest.raises(InputError, match="Dockerfile:1: it has no FROM"):
        list(kind.source(document, GateContext()).collect())


LINES = st.lists(
    st.tuples(
        st.sampled_from(["FROM", "ARG", "ENV", "USER", "RUN", "ADD", "COPY --from=", "ONBUILD", "# ", "x"]),
        st.text(st.sampled_from("aB1=\"'$ {}:-<|\\\n[]./@"), max_size=15),
    ),
    max_size=6,
)


@given(lines=LINES)
def test_whatever_stands_there_is_read(lines: list[tuple[str, str]]) -> None:
    text = "\n".join(["FROM a", *(f"{word} {rest}" for word, rest in lines)])
    file, _ = _read(text)
    assert file.origin.of("User") is not None
