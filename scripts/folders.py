"""The checkout, and folders that commands write to."""

import tempfile
from contextlib import suppress
from pathlib import Path

from scripts.errors import CommandError

ROOT = Path(__file__).resolve().parents[1]
"""The checkout."""


def make_writable(folder: Path, otherwise: str) -> None:
    """Create the folder if it is missing. Raises CommandError, ending in `otherwise`, if it isn't writable."""
    try:
        with suppress(FileExistsError):
            folder.mkdir(parents=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise CommandError(f"Can't write to {folder} ({error.strerror}). {otherwise}") from error
