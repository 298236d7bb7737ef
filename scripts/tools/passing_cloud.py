"""A temporary local cloud for screenshots and measurements."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from scripts.cloud.options import Options
from scripts.cloud.up import LocalCloud, local_cloud
from scripts.invocation import IngestError
from scripts.loopback import free_port
from scripts.progress import shown_step


@contextmanager
def passing_cloud(as_of: date | None = None) -> Iterator[LocalCloud]:
    """A local cloud with simulated bars, on free ports, that leaves nothing behind.

    Raises what `local_cloud` raises, and IngestError if the first ingest fails.
    """
    with tempfile.TemporaryDirectory(prefix="movers-") as home:
        options = Options(Path(home), port=free_port(), aws_port=free_port(), as_of=as_of)
        with local_cloud(options, shown_step) as cloud:
            if isinstance(cloud.first_ingest, IngestError):
                raise cloud.first_ingest
            yield cloud
