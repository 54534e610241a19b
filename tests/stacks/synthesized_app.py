"""A synthesized app for tests: the resources of all its templates, and the targets of their references."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

type Json = dict[str, Any]
ROOT = "Root"


@dataclass(frozen=True)
class Resource:
    """A resource, and the stack of its template."""

    stack: str
    name: str
    body: Json

    @property
    def kind(self) -> str:
        return str(self.body["Type"])

    @property
    def properties(self) -> Json:
        properties: Json = self.body.get("Properties", {})
        return properties

    @property
    def path(self) -> str:
        """The construct's path below the root, without the suffix of the CDK."""
        path: str = self.body["Metadata"]["aws:cdk:path"]
        return path.partition("/")[2].removesuffix("/Resource")


class SynthesizedApp:
    """The folder that the app wrote."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def printed(self) -> str:
        """The output of the app that ran in a process of its own."""
        return (self.folder / "printed.txt").read_text()

    @property
    def warnings(self) -> list[str]:
        """The descriptions of all that the CDK reported, which it prints, too."""
        reports = json.loads((self.folder / "validation-report.json").read_text())["pluginReports"]
        return [one["description"] for report in reports for one in report["violations"]]

    @cached_property
    def templates(self) -> dict[str, Json]:
        """The templates of the root and of each nested stack, by the stack's name."""
        manifest = json.loads((self.folder / "manifest.json").read_text())["artifacts"].values()
        [file] = [one["properties"]["templateFile"] for one in manifest if one["type"] == "aws:cloudformation:stack"]
        root = json.loads((self.folder / file).read_text())
        nested = {
            one["Metadata"]["aws:cdk:path"].split("/")[1].removesuffix(".NestedStack"): one["Metadata"][
                "aws:asset:path"
            ]
            for one in root["Resources"].values()
        }
        return {ROOT: root, **{name: json.loads((self.folder / file).read_text()) for name, file in nested.items()}}

    def find_all(self, *kinds: str) -> list[Resource]:
        """Return all resources of these kinds."""
        return [one for one in self._resources() if one.kind in kinds]

    def find(self, kind: str, path: str = "") -> Resource:
        """Return the only resource of its kind with this text in its path."""
        [found] = [one for one in self.find_all(kind) if path in one.path]
        return found

    def resolve(self, stack: str, value: object) -> object:
        """Replace each reference by the path and attribute of its target, through parameters and outputs."""
        match value:
            case {"Ref": name}:
                return self._resolve_reference(stack, name, "")
            case {"Fn::GetAtt": [name, attribute]}:
                return self._resolve_reference(stack, name, attribute)
            case {"Fn::Join": ["", parts]}:
                return "".join(str(self.resolve(stack, part)) for part in parts)
            case dict():
                return {key: self.resolve(stack, one) for key, one in value.items()}
            case list():
                return [self.resolve(stack, one) for one in value]
            case other:
                return other

    def _resolve_reference(self, stack: str, name: str, attribute: str) -> object:
        template = self.templates[stack]
        if name in template.get("Parameters", {}) and stack != ROOT:
            [holder] = [one for one in self.find_all("AWS::CloudFormation::Stack") if one.path.startswith(f"{stack}.")]
            return self.resolve(ROOT, holder.properties["Parameters"][name])
        if attribute.startswith("Outputs."):
            inner = Resource(stack, name, template["Resources"][name]).path.split(".")[0]
            return self.resolve(inner, self.templates[inner]["Outputs"][attribute.removeprefix("Outputs.")]["Value"])
        if name not in template["Resources"]:
            return f"<{name}>"
        return f"<{Resource(stack, name, template['Resources'][name]).path}{'.' if attribute else ''}{attribute}>"

    def _resources(self) -> Iterator[Resource]:
        for stack, template in self.templates.items():
            for name, body in template["Resources"].items():
                yield Resource(stack, name, body)
