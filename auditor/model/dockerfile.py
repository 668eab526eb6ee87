"""A Dockerfile: what bears on the security of the image that is built of it."""

from typing import ClassVar

from pydantic import Field

from .fields import Items, observed
from .resource import Resource
from .sensitive import SensitiveMap
from .shape import Shape


class BaseImage(Shape):
    """An image that a stage starts from or copies from; other stages of the file are none."""

    image: str = observed()


class Download(Shape):
    """What ADD fetches. Members: `Host`, and the `Checksum` that it must have."""

    host: str = observed()
    checksum: str | None = None


class PipedScript(Shape):
    """A program that RUN fetches and runs unseen. Members: `Fetcher` (curl), `Shell` (sh)."""

    fetcher: str = observed()
    shell: str = observed()


class Dockerfile(Resource):
    """One Dockerfile.

    Members: `Environment` are the values of ENV and the defaults of ARG by name, `Arguments` the names of ARG,
    `User` is the last stage's user, whose default is the base image's to tell.
    """

    cfn_type: ClassVar[str] = "AWS::::Dockerfile"
    service: ClassVar[str] = ""
    name_member: ClassVar[str] = "Path"

    path: str = observed()
    base_images: Items[BaseImage] = observed()
    user: str = observed()
    environment: SensitiveMap = Field(default_factory=dict)
    arguments: Items[str] = ()
    downloads: Items[Download] = ()
    piped_scripts: Items[PipedScript] = ()
