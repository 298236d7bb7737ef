"""A local cloud as it describes itself to the other commands."""

import os

from scripts.cloud.state import CloudState

STATE = CloudState(
    stage="local",
    region="us-east-1",
    aws_endpoint="http://127.0.0.1:4566",
    aws_access_key_id="LOCAL",
    aws_secret_access_key="known-to-the-user",  # noqa: S106 - of no cloud
    site_url="https://localhost:8443",
    ca="/ca.pem",
    vendor_url=None,
    pid=os.getpid(),
    upstream_url="https://api.massive.com",
    source_kind="live",
    clock_offset_seconds=-3600,
    context={"stage": "local"},
)
