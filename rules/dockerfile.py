"""Dockerfiles of training and serving images: what is built in, where it comes from, and who runs it."""

import re
from functools import partial

from auditor.model.dockerfile import BaseImage, Dockerfile, Download, PipedScript
from auditor.model.rule import rule
from auditor.model.sensitive import Redacted, redact
from auditor.model.unknown import CannotAssess, Unknown
from auditor.model.verdict import Severity, Verdict, all_of, failed, passed

# A number is read as Go's `strconv.Atoi` does; without a name the container runs as user 0.
_ROOT = re.compile(r"(?:root|[+-]?0+)?")
_DIGEST = re.compile(r"@(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})")
_EMPTY_BASE = "scratch"


def _pinned(base: BaseImage, immutable: tuple[str, ...]) -> Verdict:
    image = base.image
    _, at, digest = image.partition("@")
    if image == _EMPTY_BASE or _DIGEST.fullmatch(at + digest):
        return passed("the base image is pinned by its digest", at="Image")
    if at:
        return failed("what the base image is pinned by is no digest", at="Image")
    name = image.rpartition("/")[2]
    tag = name.partition(":")[2] or "latest"
    host = image.partition("/")[0]
    if host in immutable and tag != "latest":
        return passed(f"tags of {host} do not move", at="Image")
    return failed(f"the base image moves with its tag {tag}", at="Image")


@rule(
    "dockerfile-base-image-digest",
    severity=Severity.MEDIUM,
    controls=("NIST-800-53r5:CM-2", "NIST-800-53r5:SR-4"),
    tags=("containers", "supply-chain"),
    version=2,
)
def base_image_digest(dockerfile: Dockerfile, *, immutable_registries: tuple[str, ...] = ()) -> Verdict:
    """Every base image of a Dockerfile is pinned by its digest.

    Why: a tag can be moved; the next build may start from an image that nobody looked at.
    Fix: write FROM image:tag@sha256:…, and let a bot raise the digest.
    Limits: what COPY --from, RUN --mount and the directive # syntax name is such an image, too. An image that
        --build-context puts in its place is not seen.
    Parameters:
      immutable_registries: hosts of registries whose tags cannot be moved, such as repositories of ECR with
        immutable tags; a tag of theirs other than latest is enough.
    """
    empty = passed("it starts from no other image", at="BaseImages")
    pinned = partial(_pinned, immutable=immutable_registries)
    return all_of(dockerfile.base_images, pinned, at="BaseImages", empty=empty)


@rule(
    "dockerfile-secrets",
    severity=Severity.HIGH,
    controls=("NIST-800-53r5:IA-5(7)", "WA-ML:MLSEC03-BP03"),
    tags=("containers", "secrets"),
)
def secrets(dockerfile: Dockerfile) -> Verdict:
    """A Dockerfile holds no secrets in ENV and takes none through ARG.

    Why: whoever may pull the image can read both in its history.
    Fix: mount the secret while building (RUN --mount=type=secret), or read it from Secrets Manager at run time.
    Limits: known token formats and names of variables are recognised; other secrets are not.
    """
    unknown: Unknown | None = None
    found: set[str] = set()
    for value in dockerfile.environment.values():
        if isinstance(value, Redacted):
            found.update(value.secrets)
        else:
            unknown = value
    if found:
        return failed(f"a value looks like a secret: {', '.join(sorted(found))}", at="Environment")
    # A build argument is kept in the history with the value that it was given.
    if any(redact(name, name).secrets for name in dockerfile.arguments):
        return failed("an argument of the build takes a secret, going by its name", at="Arguments")
    if unknown is not None:
        raise CannotAssess(unknown)
    return passed("nothing in it looks like a secret", at=("Environment", "Arguments"))


@rule(
    "dockerfile-user",
    severity=Severity.LOW,
    controls=("NIST-800-53r5:AC-6",),
    tags=("containers", "optional"),
    version=2,
)
def user(dockerfile: Dockerfile) -> Verdict:
    """The last stage of a Dockerfile runs as a user that is not root.

    Why: code that breaks out of a process that is root has the whole container.
    Fix: make a user that owns /opt/ml and /opt/program, and name it with USER after the last installation.
    Limits: where there is no USER, the base image says which it is, and that is not looked at. Containers that
        mount volumes of training data may need root.
    """
    name = dockerfile.user.partition(":")[0]
    if _ROOT.fullmatch(name):
        return failed("the container runs as root", at="User")
    return passed("the container runs as another user than root", at="User")


def _checked(download: Download) -> Verdict:
    if download.checksum:
        return passed("what ADD fetches is checked", at="Checksum")
    return failed("ADD fetches from the network without a checksum", at="Checksum")


@rule(
    "dockerfile-remote-add",
    severity=Severity.MEDIUM,
    controls=("NIST-800-53r5:SI-7",),
    tags=("containers", "supply-chain"),
)
def remote_add(dockerfile: Dockerfile) -> Verdict:
    """What a Dockerfile fetches with ADD is checked.

    Why: whoever holds the server, or the way to it, decides what is in the image.
    Fix: write ADD --checksum=sha256:… URL, or copy the file from the repository.
    """
    empty = passed("ADD fetches nothing from the network", at="Downloads")
    return all_of(dockerfile.downloads, _checked, at="Downloads", empty=empty)


def _piped(script: PipedScript) -> Verdict:
    return failed(f"what {script.fetcher} fetches is run by {script.shell} unseen", at="Shell")


@rule(
    "dockerfile-piped-script",
    severity=Severity.MEDIUM,
    controls=("NIST-800-53r5:SI-7",),
    tags=("containers", "supply-chain"),
)
def piped_script(dockerfile: Dockerfile) -> Verdict:
    """A Dockerfile runs no program straight from the network.

    Why: what curl URL | sh runs can differ from build to build, and nobody sees it.
    Fix: fetch a version, compare its checksum, then run it; or install a package that is signed.
    """
    empty = passed("nothing that is fetched is run unseen", at="PipedScripts")
    return all_of(dockerfile.piped_scripts, _piped, at="PipedScripts", empty=empty)
