"""Trust in the local cloud's certificate that leaves the browser's HTTP cache at work."""

import ssl
from base64 import b64encode
from hashlib import sha256
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def trusting(url: str) -> list[str]:
    """Chromium's flag for the key that the server of a local URL has now.

    With Playwright's `ignore_https_errors` Chromium would cache nothing.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        return []
    pem = ssl.get_server_certificate((parts.hostname, parts.port or 443))
    key = x509.load_pem_x509_certificate(pem.encode()).public_key()
    digest = sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
    return [f"--ignore-certificate-errors-spki-list={b64encode(digest).decode()}"]
