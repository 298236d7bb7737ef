import json
import os
import re
import signal
import subprocess
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from scripts.cloud.state import read_state
from scripts.cloud.transforms import UNKNOWN_TYPES
from scripts.cloud.up import LocalCloud
from scripts.deployment.page import is_twin, page_files
from scripts.folders import ROOT
from tests.conftest import eventually, free_port, listens, running
from tests.templates import differences

# All that may differ between a synthesized template and the one that the emulator got, by the resource's type.
TRANSFORMED = {
    "AWS::Lambda::Function": r"Environment/Variables/(VENDOR_URL|SOURCE_KIND|CLOCK_OFFSET_SECONDS|SITE_URL|SITE_CA)",
    "AWS::IAM::Policy": r"PolicyDocument/Statement/\d+/Condition/Null",
    "AWS::S3::BucketPolicy": r"PolicyDocument/Statement",
    "AWS::SQS::QueuePolicy": r"PolicyDocument/Statement",
    "AWS::SNS::TopicPolicy": r"PolicyDocument/Statement",
    "AWS::CloudFront::Distribution": r"DistributionConfig/(DefaultCacheBehavior|CacheBehaviors/\d+)/"
    r"(TargetOriginId|FunctionAssociations)",
}


def listed(template: dict[str, Any], path: str) -> bool:
    """Whether a difference is one of the listed transforms."""
    _, section, name, *inside = path.split("/")
    kind = template[section][name]["Type"] if section == "Resources" else ""
    if kind in UNKNOWN_TYPES:
        return not inside  # left out as a whole
    pattern = TRANSFORMED.get(kind, "")
    return bool(re.fullmatch(f"Properties/{pattern}", "/".join(inside)))


def deployed(cloud: LocalCloud, stack: str) -> dict[str, Any]:
    body = cloud.client("cloudformation").get_template(StackName=stack)["TemplateBody"]
    template: dict[str, Any] = json.loads(body) if isinstance(body, str) else body
    return template


def test_the_deployed_templates_are_the_synthesized_ones_but_for_the_listed_transforms(
    cloud: LocalCloud,
) -> None:
    templates = {
        path.name.removesuffix(".template.json"): json.loads(path.read_text()) for path in cloud.templates
    }
    changed = [
        (template, path)
        for stack, template in templates.items()
        for path in differences(template, deployed(cloud, stack))
    ]
    assert changed
    assert [path for template, path in changed if not listed(template, path)] == []


def test_the_page_lies_beside_the_twins_and_can_take_the_place_of_none(cloud: LocalCloud) -> None:
    found = cloud.client("s3").list_objects_v2(Bucket=cloud.outputs.site_bucket_name)["Contents"]
    keys = {entry["Key"] for entry in found}
    page = {file.key for file in page_files(ROOT)}
    assert keys > page
    assert keys - page > {"movers.json", "history.json", "status.json", "movers.csv", "feed.xml"}
    assert [key for key in keys - page if not is_twin(key)] == []


def test_the_key_of_the_stand_in_is_kept_as_a_secret(cloud: LocalCloud) -> None:
    parameter = cloud.client("ssm").get_parameter(Name=cloud.outputs.key_parameter_name)["Parameter"]
    assert parameter["Type"] == "SecureString"


def test_the_other_commands_find_the_cloud(
    cloud: LocalCloud, tmp_path_factory: pytest.TempPathFactory
) -> None:
    state = read_state(cloud.ca.parents[1])
    assert (state.site_url, state.aws_endpoint) == (cloud.site_url, cloud.aws_endpoint)
    assert cloud.vendor is not None
    assert state.vendor_url == cloud.vendor.url


def started(home: Path, *arguments: str) -> AbstractContextManager[subprocess.Popen[str]]:
    return running(*arguments, cwd=ROOT, env=os.environ | {"MOVERS_HOME": str(home)}, stderr=subprocess.PIPE)


@pytest.mark.xdist_group("cloud")
def test_up_prints_the_urls_and_leaves_nothing_behind(tmp_path: Path) -> None:
    port, aws_port = free_port(), free_port()
    with started(tmp_path, "up", "--port", str(port), "--aws-port", str(aws_port)) as up:
        assert up.stdout is not None
        urls = [up.stdout.readline().split()[-1] for _ in range(4)]
        assert (tmp_path / "cloud.json").exists()
        up.send_signal(signal.SIGINT)
        _, progress = up.communicate(timeout=30)
    site = f"https://localhost:{port}"
    assert urls == [f"{site}/", f"{site}/movers.json", f"{site}/movers", f"http://127.0.0.1:{aws_port}"]
    assert up.returncode == 0
    assert f"Ready: {site}/" in progress
    assert "Stored: 7 sessions" in progress
    assert not listens(port)
    assert not listens(aws_port)
    assert [path.name for path in tmp_path.iterdir()] == ["edge"]  # with the authority that browsers trust


@pytest.mark.xdist_group("cloud")
def test_a_start_that_is_interrupted_leaves_nothing_behind(tmp_path: Path) -> None:
    port, aws_port = free_port(), free_port()
    with started(tmp_path, "up", "--port", str(port), "--aws-port", str(aws_port)) as up:
        assert up.stderr is not None
        assert any("AWS emulator" in line for line in up.stderr)
        up.send_signal(signal.SIGTERM)
        urls, _ = up.communicate(timeout=30)
    assert up.returncode == 130
    assert urls == ""
    # What had just been started sees by itself that nobody holds it.
    assert eventually(lambda: not listens(aws_port), 10)
    assert list(tmp_path.iterdir()) == []
