"""The whole local cloud: what `movers up` starts, and stops in reverse order."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from api.names import LOCAL_STAGE
from api.vendors import MASSIVE
from infra.settings import full_name
from scripts.cloud.edge import Edge
from scripts.cloud.emulator import REGION, Emulator
from scripts.cloud.localized import bootstrap, localize
from scripts.cloud.nginx import Upstream
from scripts.cloud.nginx_process import nginx_binary
from scripts.cloud.options import Options, choose_stand_in, context
from scripts.cloud.state import CloudState, fresh, only_one, published
from scripts.cloud.transforms import LocalIngest
from scripts.deployment.account import Account
from scripts.deployment.assembly import assemble
from scripts.deployment.deploy import Stage, deploy
from scripts.deployment.outputs import StackOutputs
from scripts.deployment.stacks import Step, unseen
from scripts.folders import ROOT
from scripts.invocation import IngestError
from scripts.loopback import refuse_taken
from scripts.vendors.server import VendorServer
from scripts.vendors.stand_in import StandIn

MADE_UP_KEY = "key-of-the-stand-in"


@dataclass(frozen=True, slots=True)
class LocalCloud:
    """A running local cloud, and the result of its first ingest."""

    emulator: Emulator
    edge: Edge
    vendor: VendorServer | None
    ingest: LocalIngest
    context: Mapping[str, object]
    outputs: StackOutputs
    templates: list[Path]
    first_ingest: dict[str, Any] | IngestError

    @property
    def site_url(self) -> str:
        return self.edge.url

    @property
    def ca(self) -> Path:
        """The CA certificate to trust for `site_url`."""
        return self.edge.ca

    @property
    def aws_endpoint(self) -> str:
        return self.emulator.url

    @property
    def credentials(self) -> Mapping[str, str]:
        """The keys for `aws_endpoint`, by the names of the AWS environment variables."""
        return self.emulator.endpoint.credentials

    @property
    def api_url(self) -> str:
        """The API itself, without the CDN."""
        return local_api_url(self.emulator.url, self.outputs.api_url)

    @property
    def state(self) -> CloudState:
        """What the other commands need to know."""
        return CloudState(
            stage=LOCAL_STAGE,
            region=REGION,
            aws_endpoint=self.aws_endpoint,
            aws_access_key_id=self.emulator.endpoint.access_key_id,
            aws_secret_access_key=self.emulator.endpoint.secret_access_key,
            site_url=self.site_url,
            ca=str(self.ca),
            vendor_url=self.vendor.url if self.vendor else None,
            pid=os.getpid(),
            upstream_url=self.ingest.vendor_url,
            source_kind=self.ingest.source_kind,
            clock_offset_seconds=self.ingest.clock_offset_seconds,
            context=dict(self.context),
        )

    def client(self, service: str) -> Any:
        """A boto3 client of this cloud."""
        return self.emulator.client(service)

    def invalidate(self, *paths: str) -> None:
        """Invalidate the paths and wait until the edge has dropped its copies."""
        made = self.client("cloudfront").create_invalidation(
            DistributionId=self.outputs.distribution_id,
            InvalidationBatch={
                "Paths": {"Quantity": len(paths), "Items": list(paths)},
                "CallerReference": str(uuid4()),
            },
        )
        self.edge.wait_for_invalidation(made["Invalidation"]["Id"])

    def check(self) -> None:
        """Raise CommandError if the emulator or the edge has died."""
        self.emulator.check()
        self.edge.check()


@contextmanager
def local_cloud(options: Options, step: Step = unseen) -> Iterator[LocalCloud]:
    """Start the local cloud and run its first ingest; stop everything when the context ends.

    Raises CommandError, SynthesisError or a bundling error, each saying what to do. If only the first ingest fails, the
    cloud keeps running, so that the failure can be examined.
    """
    with ExitStack() as running:
        start = running.enter_context
        start(only_one(options.home))
        refuse_taken(options.port, option="--port")
        refuse_taken(options.aws_port, option="--aws-port")
        standing_in = choose_stand_in(options, datetime.now(UTC))
        settings = context(options, standing_in)
        nginx_binary()
        with step("Functions and templates"):  # first, as it can fail without network or disk space
            templates = assemble(ROOT, settings)
        folder = start(fresh(options.home / "run"))
        with step("AWS emulator"):
            emulator = start(Emulator(port=options.aws_port, folder=folder))
            bootstrap(emulator.account)
        vendor = start(_vendor(standing_in, options)) if standing_in else None
        ingest = _local_ingest(standing_in, vendor, options)
        stage = local_stage(emulator.account, settings, ingest, folder / "assembly")
        deployed = deploy(stage, templates, MADE_UP_KEY if vendor else options.api_key, step)
        with step("CDN"):
            edge = start(_edge(emulator, deployed.outputs, templates, options))
        cloud = LocalCloud(
            emulator,
            edge,
            vendor,
            ingest,
            settings,
            deployed.outputs,
            templates,
            deployed.first_ingest,
        )
        start(published(options.home, cloud.state))
        yield cloud


def local_stage(account: Account, context: Mapping[str, object], ingest: LocalIngest, folder: Path) -> Stage:
    """The stage of a local cloud. Its templates are adapted to the emulator in `folder`."""
    return Stage(
        LOCAL_STAGE, account, context, lambda templates: localize(templates, folder, ingest), ingest.site_url
    )


def _vendor(standing_in: StandIn, options: Options) -> VendorServer:
    return standing_in.server(rate=options.rate, plan=options.plan, key=MADE_UP_KEY)


def _local_ingest(standing_in: StandIn | None, vendor: VendorServer | None, options: Options) -> LocalIngest:
    return LocalIngest(
        vendor_url=vendor.url if vendor else MASSIVE.url,
        source_kind=standing_in.kind if standing_in else "live",
        clock_offset_seconds=standing_in.clock_offset_seconds if standing_in else 0,
        site_url=f"https://localhost:{options.port}",
        site_ca=str((options.home / "edge" / "ca.pem").absolute()),
    )


def _edge(emulator: Emulator, outputs: StackOutputs, templates: list[Path], options: Options) -> Edge:
    site = next(
        path for path in templates if path.name == f"{full_name(LOCAL_STAGE, 'services')}.template.json"
    )
    secret = emulator.edge_headers
    host = {"Host": outputs.distribution_domain_name, "X-Forwarded-Proto": "https"}
    return Edge(
        json.loads(site.read_text()),
        files=Upstream(emulator.url, host | secret),
        api=Upstream(local_api_url(emulator.url, outputs.api_url), secret),
        folder=options.home / "edge",
        cloudfront=emulator.client("cloudfront"),
        distribution_id=outputs.distribution_id,
        port=options.port,
    )


def local_api_url(endpoint: str, api_url: str) -> str:
    """The emulator's URL of a REST API that AWS has at `https://ID.execute-api.REGION.amazonaws.com/STAGE/`."""
    deployed = urlsplit(api_url)
    api, _, _ = deployed.netloc.partition(".")
    return f"{endpoint}/_aws/execute-api/{api}{deployed.path.rstrip('/')}"
