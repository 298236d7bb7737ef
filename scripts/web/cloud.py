"""A local cloud that only serves to be looked at, and a browser's trust in it."""

import socket
import ssl
import tempfile
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from scripts.cloud.options import Options
from scripts.cloud.up import LocalCloud, local_cloud
from scripts.invocation import IngestError
from scripts.progress import shown_step


@contextmanager
def passing_cloud(as_of: date | None = None) -> Iterator[LocalCloud]:
    """A local cloud with a simulated market, on ports of its own, that leaves nothing behind.

    Raises what `local_cloud` raises, and IngestError if there is nothing to look at.
    """
    with tempfile.TemporaryDirectory(prefix="movers-") as home:
        options = Options(Path(home), port=free_port(), aws_port=free_port(), as_of=as_of)
        with local_cloud(options, shown_step) as cloud:
            if isinstance(cloud.first_ingest, IngestError):
                raise cloud.first_ingest
            yield cloud


def trusting(url: str) -> list[str]:
    """Chromium's flag for the key that the server of a local URL has now; none for any other URL.

    Without it nothing is cached, or nothing is shown.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" or parts.hostname != "localhost":
        return []
    pem = ssl.get_server_certificate((parts.hostname, parts.port or 443))
    key = x509.load_pem_x509_certificate(pem.encode()).public_key()
    digest = sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
    return [f"--ignore-certificate-errors-spki-list={b64encode(digest).decode()}"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
