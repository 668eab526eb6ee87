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
from auditor.sources.dockerfile.pipes import piped
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


@pytest.mark.parametrize(
    ("said", "user"),
    [
        ('"root"', "root"),
        ("'0'", "0"),
        ('ro"ot"', "root"),
        ("ro\\ot", "root"),
        ('"root":"root"', "root:root"),
        ("$WHO", "root"),
        ('"${WHO}:x"', "root:x"),
        ("${NONE:-root}", "root"),
        ("'$WHO'", "$WHO"),
        ("\\$WHO", "$WHO"),
    ],
)
def test_a_user_in_quotes_is_the_one_that_the_builder_sees(said: str, user: str) -> None:
    assert _read(f"FROM a\nENV WHO=root\nARG NONE=\nUSER {said}\n")[0].user == user


@pytest.mark.parametrize(
    ("lines", "user"),
    [
        ("ENV A=root\nENV A=app B=$A\nUSER $B", "root"),
        ("ENV A=root\nARG A=app\nUSER $A", "root"),
        ("ARG A=app\nENV A=root\nUSER $A", "root"),
        ("ENV A=root\nARG A=app B=$A\nUSER $B", "root"),
        ("ENV N=A A=app\nENV $N=root\nUSER $A", "root"),
        ("ARG A=x\nARG A=x\nUSER $A", "x"),
        ("ENV A=root\nFROM s\nARG A=app\nUSER $A", "root"),
    ],
)
def test_variables_are_told_in_the_order_of_the_builder(lines: str, user: str) -> None:
    assert _read(f"FROM a AS s\n{lines}\n")[0].user == user


@pytest.mark.parametrize("lines", ["ARG A=root\nARG A=app\nUSER $A", "ARG N\nENV A=app\nENV $N=root\nUSER $A"])
def test_a_variable_that_may_be_another_is_not_known(lines: str) -> None:
    with pytest.raises(CannotAssess):
        _ = _read(f"FROM a\n{lines}\n")[0].user


def test_arguments_before_the_first_stage_tell_one_another() -> None:
    assert _images("ARG A=x B=$A:1\nFROM $B\n") == ["x:1"]


@pytest.mark.parametrize("word", ["CMD", "ENTRYPOINT", "HEALTHCHECK --interval=5s CMD", "ONBUILD RUN"])
def test_what_the_container_starts_with_is_run_unseen_too(word: str) -> None:
    file, _ = _read(f'FROM a\n{word} curl u | sh\n{word} ["sh", "-c", "curl u \\u007c sh"]\n')
    assert [script.shell for script in file.piped_scripts] == ["sh", "sh"]


def test_a_quote_that_is_never_closed_is_not_understood() -> None:
    file, _ = _read("FROM a\nUSER 'app\nADD 'x y /z\n")
    with pytest.raises(CannotAssess, match="never closed"):
        _ = file.user
    with pytest.raises(CannotAssess, match="never closed"):
        _ = file.downloads[0].checksum


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


COMMIT = "0f3a" * 10


@pytest.mark.parametrize(
    ("said", "host", "checksum"),
    [
        ("HTTPS://a.example/x /x", "a.example", None),
        ('["http://a.example/x", "/x"]', "a.example", None),
        ("$URL /x", "a.example", None),
        ("${URL}/y z /x", "a.example", None),
        ('"$URL" /x', "a.example", None),
        ("--chmod=755 --checksum=$SUM $URL /x", "a.example", "sha256:0f"),
        ("--checksum=$EMPTY $URL /x", "a.example", None),
        ("git@a.example:b/c.git /x", "a.example", None),
        (f"https://a.example/b.git#{COMMIT} /x", "a.example", COMMIT),
        (f"https://a.example/b.git#{COMMIT}:folder /x", "a.example", COMMIT),
        ("https://a.example/b.git#main /x", "a.example", None),
    ],
)
def test_what_add_fetches_however_it_is_written(said: str, host: str, checksum: str | None) -> None:
    file, gaps = _read(f"FROM a\nARG URL=https://a.example/x\nENV SUM=sha256:0f EMPTY=\nADD {said}\n")
    assert [(item.host, item.checksum) for item in file.downloads] == [(host, checksum)]
    assert not gaps


def test_a_checksum_behind_the_source_is_none() -> None:
    file, _ = _read("FROM a\nADD https://a.example/x --checksum=sha256:0f /x\n")
    assert [item.checksum for item in file.downloads] == [None]


def test_a_source_that_only_the_build_tells_may_be_fetched() -> None:
    file, _ = _read("FROM a\nARG URL\nADD $URL /x\nADD --checksum=sha256:0f $URL /y\n")
    with pytest.raises(CannotAssess, match="only the build tells"):
        _ = file.downloads[0].checksum
    assert file.downloads[1].checksum == "sha256:0f"


@pytest.mark.parametrize(
    ("line", "images"),
    [
        ("RUN --mount=type=bind,from=evil:latest,target=/x cat /x", ["a", "evil:latest"]),
        ('RUN --network=none --mount=target=/x,"from=evil" cat /x', ["a", "evil"]),
        ("RUN --mount=from=one,target=/x --mount=from=two,target=/y x", ["a", "one", "two"]),
        ("RUN --mount=type=bind,from=base x", ["a"]),
        ("RUN --mount=type=bind,from=0 x", ["a"]),
        ("RUN echo --mount=type=bind,from=evil", ["a"]),
        ("COPY --from=b:1 --chown=x /a /b", ["a", "b:1"]),
        ("COPY /a --from=b:1 /b", ["a"]),
        ("ONBUILD COPY --from=b:1 /a /b", ["a", "b:1"]),
    ],
)
def test_images_that_instructions_take_from(line: str, images: list[str]) -> None:
    assert _images(f"FROM a AS base\n{line}\n") == images


@pytest.mark.parametrize(
    ("head", "images"),
    [
        ("# syntax=evil/frontend:latest\n", ["evil/frontend:latest", "a"]),
        ("#!/usr/bin/x\n#Syntax = evil\n", ["evil", "a"]),
        ("# escape=`\n# syntax=evil\n", ["evil", "a"]),
        ("\ufeff# syntax=evil\n", ["evil", "a"]),
        ("# about it\n# syntax=evil\n", ["a"]),
        ("\n# syntax=evil\n", ["a"]),
    ],
)
def test_the_image_that_reads_the_file(head: str, images: list[str]) -> None:
    assert _images(f"{head}FROM a\n") == images


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ("curl -fsSL https://x.example | sh", [("curl", "sh")]),
        ("apt-get update && wget -qO- https://x.example | sudo -E bash -", [("wget", "bash")]),
        ("curl https://x.example | tee /log | /usr/bin/python3 -", [("curl", "python3")]),
        ("bash <(curl https://x.example)", [("curl", "bash")]),
        ('sh -c "$(wget -O- https://x.example)"', [("wget", "sh")]),
        ('["sh", "-c", "curl https://x.example | sh"]', [("curl", "sh")]),
        ("/usr/bin/curl u | sh", [("curl", "sh")]),
        ("cu\\rl u | b'as'h", [("curl", "bash")]),
        ("curl u |& bash", [("curl", "bash")]),
        ("curl u | sudo -u root bash", [("curl", "bash")]),
        ("curl u | /usr/bin/env -i A=b bash -s", [("curl", "bash")]),
        ("curl u | A=b nice -n 5 sh", [("curl", "sh")]),
        ("curl u |\nsh", [("curl", "sh")]),
        ("curl u \\\n | sh", [("curl", "sh")]),
        ("bash -c 'curl u | sh'", [("curl", "sh")]),
        ('env bash -c "$(/bin/wget -O- u)"', [("wget", "bash")]),
        ("(curl u) | sh", [("curl", "sh")]),
        ("{ curl u; echo; } | sh", [("curl", "sh")]),
        ("if true; then curl u | sh; fi", [("curl", "sh")]),
        ("curl u | busybox sh", [("curl", "sh")]),
        ("curl u > >(bash)", [("curl", "bash")]),
        ("curl u | tee >(bash) | cat", [("curl", "bash")]),
        ("curl -o x u; echo $(date) | sh", []),
        ("x && $(curl u)", [("curl", "sh")]),
        ("`curl u`", [("curl", "sh")]),
        ("echo $(curl u)", []),
        ("(curl u; echo) | sh", [("curl", "sh")]),
        ("curl u | $SHELL", [("curl", "$SHELL")]),
        ("curl u | sudo tee /etc/x", []),
        ("curl u | grep -c bash", []),
        ("{ curl u; } > x; cat y | sh", []),
        ("curl -o x https://x.example && sh x", []),
        ("curl https://x.example | tar xz", []),
        ("curl https://x.example || sh fallback.sh", []),
        ("apt-get install curl; echo | sh", []),
        ("", []),
    ],
)
def test_programs_that_are_run_unseen(command: str, found: list[tuple[str, str]]) -> None:
    assert list(piped(command)) == found


def test_variables_of_a_command_are_those_of_the_file() -> None:
    file, _ = _read("FROM a\nARG GET=curl\nENV TO=sh\nRUN $GET u | ${TO}\nRUN curl u | $OTHER\nRUN curl u | $(x)\n")
    assert [script.fetcher for script in file.piped_scripts] == ["curl", "curl"]
    assert file.piped_scripts[0].shell == "sh"
    with pytest.raises(CannotAssess, match=r"only a run tells \$OTHER"):
        _ = file.piped_scripts[1].shell


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


QUOTED = st.lists(st.tuples(st.sampled_from(["'", '"', ""]), st.sampled_from(["ro", "ot", "ap", "0"])), min_size=1)


@given(parts=QUOTED)
def test_quotes_change_nothing_of_a_word(parts: list[tuple[str, str]]) -> None:
    said = "".join(f"{quote}{word}{quote}" for quote, word in parts)
    assert _read(f"FROM a\nUSER {said}\n")[0].user == "".join(word for _, word in parts)


@given(lines=LINES)
def test_whatever_stands_there_is_read(lines: list[tuple[str, str]]) -> None:
    text = "\n".join(["FROM a", *(f"{word} {rest}" for word, rest in lines)])
    file, _ = _read(text)
    assert file.origin.of("User") is not None
