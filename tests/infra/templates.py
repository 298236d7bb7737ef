import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from infra.app import build_app
from infra.settings import Deployment

STACKS = ("data", "services", "cdn-alarms")
CONSTRUCTS = ("api", "site", "daily", "operations")
PSEUDO = {
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::Region": "<region>",
    "AWS::URLSuffix": "amazonaws.com",
}
INTRINSICS = ("Ref", "Fn::GetAtt", "Fn::ImportValue", "Fn::Join", "Fn::Select")


@dataclass(frozen=True)
class Templates:
    """The synthesized templates, read by kind of resource instead of by generated name.

    A part is a stack, or one of the constructs of the services stack, with whose name their resources' begin.
    """

    stacks: dict[str, dict[str, Any]]

    @cached_property
    def parts(self) -> dict[str, dict[str, Any]]:
        services = self.stacks["services"]["Resources"]
        constructs = {
            part: {
                "Resources": {name: each for name, each in services.items() if name.startswith(part.title())}
            }
            for part in CONSTRUCTS
        }
        assert sum(len(part["Resources"]) for part in constructs.values()) == len(services)
        return {name: stack for name, stack in self.stacks.items() if name != "services"} | constructs

    def every(self, kind: str) -> list[tuple[str, dict[str, Any]]]:
        """Part and resource for each resource of a kind."""
        return [
            (part, resource)
            for part, template in self.parts.items()
            for resource in template["Resources"].values()
            if resource["Type"] == kind
        ]

    def one(self, part: str, kind: str) -> dict[str, Any]:
        """The properties of the only resource of a kind in a part."""
        (properties,) = [resource["Properties"] for where, resource in self.every(kind) if where == part]
        return properties

    def output(self, stack: str, name: str) -> str:
        return self.render(stack, self.stacks[stack]["Outputs"][name]["Value"])

    def plain(self, part: str, value: Any) -> Any:
        """A value with every reference in it as text."""
        match value:
            case [*items]:
                return [self.plain(part, item) for item in items]
            case Mapping() if len(value) == 1 and next(iter(value)) in INTRINSICS:
                return self.render(part, value)
            case Mapping():
                return {name: self.plain(part, item) for name, item in value.items()}
        return value

    def render(self, part: str, value: Any) -> str:
        """A value as text, with `<part kind>` or `<part kind attribute>` where a resource is meant."""
        match value:
            case str():
                return value
            case {"Ref": name}:
                return PSEUDO.get(name) or self.named(part, name)
            case {"Fn::GetAtt": [name, attribute]}:
                return self.named(part, name, attribute)
            case {"Fn::ImportValue": exported}:
                return self.imported(exported)
            case {"Fn::Join": [glue, pieces]}:
                return glue.join(self.render(part, piece) for piece in pieces)
            case {"Fn::Select": [index, {"Fn::Split": [glue, whole]}]}:
                return self.render(part, whole).split(glue)[int(index)]
        raise AssertionError(f"cannot render {value}")

    def named(self, part: str, name: str, *attribute: str) -> str:
        if name in self.parts.get(part, {}).get("Parameters", {}):
            return f"<{part} parameter {name}>"
        (owner,) = [each for each, template in self.parts.items() if name in template["Resources"]]
        return f"<{' '.join([owner, self.parts[owner]['Resources'][name]['Type'], *attribute])}>"

    def imported(self, exported: str) -> str:
        (rendered,) = [
            self.render(stack, output["Value"])
            for stack, template in self.stacks.items()
            for output in template["Outputs"].values()
            if output.get("Export", {}).get("Name") == exported
        ]
        return rendered


def synthesized(folder: Path, **context: object) -> Templates:
    deployment = Deployment.from_context(context)
    build_app(deployment, folder).synth()
    files = {stack: folder / f"{deployment.name(stack)}.template.json" for stack in STACKS}
    return Templates({stack: json.loads(file.read_text()) for stack, file in files.items() if file.exists()})
