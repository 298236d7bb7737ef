"""Runs the CDK app in its own process, so that a long-lived command doesn't keep Node running."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from graphlib import TopologicalSorter
from pathlib import Path

from scripts.folders import ROOT


class SynthesisError(Exception):
    """The app rejected its settings or broke a template rule; the text is its output."""


def synthesize(out: Path, context: Mapping[str, object]) -> list[Path]:
    """Write the templates for the settings in `context` to `out`. Returns their paths, in deployment order.

    Raises SynthesisError with the app's output.
    """
    command = [sys.executable, "-m", "infra"]
    with (
        tempfile.TemporaryDirectory() as scratch
    ):  # jsii leaves its unpacked kernel behind when it is interrupted
        environment = os.environ | {
            "CDK_OUTDIR": str(out.resolve()),
            "CDK_CONTEXT_JSON": json.dumps(dict(context)),
            "TMPDIR": scratch,
        }
        run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)  # noqa: S603
    if run.returncode:
        raise SynthesisError(run.stderr.strip() or run.stdout.strip())
    return [out / f"{stack}.template.json" for stack in deployment_order(out)]


def deployment_order(out: Path) -> list[str]:
    """The names of the synthesized stacks, each after those it imports from."""
    artifacts = json.loads((out / "manifest.json").read_text())["artifacts"]
    stacks = {name for name, artifact in artifacts.items() if artifact["type"] == "aws:cloudformation:stack"}
    needs = {name: stacks.intersection(artifacts[name].get("dependencies", ())) for name in sorted(stacks)}
    return list(TopologicalSorter(needs).static_order())
