import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.app import build_app
from infra.settings import Settings

PARTS = ("data", "api", "site", "ingest", "operations", "cdn-alarms")
PSEUDO = {
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::Region": "<region>",
    "AWS::URLSuffix": "amazonaws.com",
}
INTRINSICS = ("Ref", "Fn::GetAtt", "Fn::ImportValue", "Fn::Join", "Fn::Select")


@dataclass(frozen=True)
class Templates:
    """The synthesized templates by part, read by kind of resource instead of by generated name."""

    parts: dict[str, dict[str, Any]]

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

    def output(self, part: str, name: str) -> str:
        return self.render(part, self.parts[part]["Outputs"][name]["Value"])

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
        if name in self.parts[part].get("Parameters", {}):
            return f"<{part} parameter {name}>"
        return f"<{' '.join([part, self.parts[part]['Resources'][name]['Type'], *attribute])}>"

    def imported(self, exported: str) -> str:
        (rendered,) = [
            self.render(part, output["Value"])
            for part, template in self.parts.items()
            for output in template["Outputs"].values()
            if output.get("Export", {}).get("Name") == exported
        ]
        return rendered


def synthesized(folder: Path, **context: object) -> Templates:
    settings = Settings.from_context(context)
    build_app(settings, folder).synth()
    files = {part: folder / f"{settings.stack_name(part)}.template.json" for part in PARTS}
    return Templates({part: json.loads(file.read_text()) for part, file in files.items() if file.exists()})
