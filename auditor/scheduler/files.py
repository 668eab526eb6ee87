"""Files that are whole or not there: a reader never sees half of one."""

import os
import tempfile
from contextlib import ExitStack
from pathlib import Path


def write_whole(path: Path, text: str, *, mode: int = 0o600, durable: bool = False) -> None:
    """Write a file under another name in its folder and rename it.

    Args:
        path: the file.
        text: what it is to hold.
        mode: its permissions.
        durable: True where it has to outlive a power cut: file and folder are synced.

    Raises:
        OSError: the folder cannot be written to.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with ExitStack() as undo:
        undo.callback(Path(name).unlink, missing_ok=True)
        with open(handle, "w", encoding="utf-8", newline="\n") as stream:  # noqa: PTH123  a descriptor, not a path
            stream.write(text)
            stream.flush()
            os.fchmod(stream.fileno(), mode)
            if durable:
                os.fsync(stream.fileno())
        Path(name).replace(path)
    if durable:
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
