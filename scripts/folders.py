"""The checkout, and folders that a command writes in."""

import tempfile
from contextlib import suppress
from pathlib import Path

from scripts.errors import CommandError

ROOT = Path(__file__).resolve().parents[1]
"""The checkout."""


def make_writable(folder: Path, otherwise: str) -> None:
    """Make the folder where it is missing. Raises CommandError, ending in `otherwise`, if it cannot be written in."""
    try:
        with suppress(FileExistsError):
            folder.mkdir(parents=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise CommandError(f"Nothing can be written in {folder} ({error.strerror}). {otherwise}") from error
