"""The edge's certificate for localhost, and its CA, which issues no other."""

from datetime import datetime, timedelta
from pathlib import Path

import trustme
from cryptography import x509

NAMES = ("localhost", "127.0.0.1", "::1")
VALID = timedelta(days=800)  # Safari accepts at most 825
RENEW_BEFORE = timedelta(days=30)


def ensure_certificates(folder: Path, now: datetime) -> None:
    """Write `ca.pem` and `server.pem` (key and chain) to the folder, unless those there are still valid.

    The CA's key is never stored, so trusting the CA means trusting only this certificate.
    """
    authority, server = folder / "ca.pem", folder / "server.pem"
    if authority.exists() and server.exists() and _expiry(server) - now > RENEW_BEFORE:
        return
    ca = trustme.CA(organization_name="movers local cloud")
    certificate = ca.issue_cert(*NAMES, not_after=now + VALID)
    server.unlink(missing_ok=True)
    server.touch(mode=0o600)
    server.write_bytes(certificate.private_key_and_cert_chain_pem.bytes())
    ca.cert_pem.write_to_path(authority)


def _expiry(pem: Path) -> datetime:
    """When the file's first certificate expires (UTC)."""
    return x509.load_pem_x509_certificates(pem.read_bytes())[0].not_valid_after_utc
