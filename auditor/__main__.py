"""`python -P -m auditor` and the console script."""

import gc
import os
import sys


def main() -> None:
    """Run the command line."""
    # The folder being audited may hold a `rules` package of its own; it must never be importable.
    sys.path[:] = [entry for entry in sys.path if entry not in ("", ".")]
    # Pydantic looks for plug-ins in everything that is installed beside it. None is wanted, and looking takes time.
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"
    # What modules are made of stays: looking for garbage among it takes a tenth of the time that loading takes.
    gc.disable()
    from auditor.cli import main as run  # noqa: PLC0415  only after the path is clean

    run()


if __name__ == "__main__":
    main()
