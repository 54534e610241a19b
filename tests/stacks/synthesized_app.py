"""A synthesized app as a test reads it: resources of all its templates, and what a reference refers to."""

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
    """One resource, with the template that it stands in."""

    stack: str
    name: str
    body: Json

    @property
    def kind(self) -> str:
        return str(self.body["Type"])

    @property
    def properties(self) -> Json:
        found: Json = self.body.get("Properties", {})
        return found

    @property
    def path(self) -> str:
        """The construct's path below the root, without what the CDK puts at its end."""
        path: str = self.body["Metadata"]["aws:cdk:path"]
        return path.partition("/")[2].removesuffix("/Resource")


class SynthesizedApp:
    """The folder that the app wrote, and what it printed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.printed = (folder / "printed.txt").read_text()

    @cached_property
    def templates(self) -> dict[str, Json]:
        """Each nested stack's template by its name, and the root's."""
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

    def all(self, *kinds: str) -> list[Resource]:
        """Every resource of these kinds."""
        return [one for one in self._resources() if one.kind in kinds]

    def one(self, kind: str, path: str = "") -> Resource:
        """The only one of its kind, or the only one with this in its path."""
        [found] = [one for one in self.all(kind) if path in one.path]
        return found

    def meant(self, stack: str, value: object) -> object:
        """What a reference means: a resource's path and attribute, through parameters and outputs."""
        match value:
            case {"Ref": name}:
                return self._meant_by(stack, name, "")
            case {"Fn::GetAtt": [name, attribute]}:
                return self._meant_by(stack, name, attribute)
            case {"Fn::Join": ["", parts]}:
                return "".join(str(self.meant(stack, part)) for part in parts)
            case dict():
                return {key: self.meant(stack, one) for key, one in value.items()}
            case list():
                return [self.meant(stack, one) for one in value]
            case other:
                return other

    def _meant_by(self, stack: str, name: str, attribute: str) -> object:
        template = self.templates[stack]
        if name in template.get("Parameters", {}) and stack != ROOT:
            [holder] = [one for one in self.all("AWS::CloudFormation::Stack") if one.path.startswith(f"{stack}.")]
            return self.meant(ROOT, holder.properties["Parameters"][name])
        if attribute.startswith("Outputs."):
            inner = Resource(stack, name, template["Resources"][name]).path.split(".")[0]
            return self.meant(inner, self.templates[inner]["Outputs"][attribute.removeprefix("Outputs.")]["Value"])
        if name not in template["Resources"]:
            return f"<{name}>"
        return f"<{Resource(stack, name, template['Resources'][name]).path}{'.' if attribute else ''}{attribute}>"

    def _resources(self) -> Iterator[Resource]:
        for stack, template in self.templates.items():
            for name, body in template["Resources"].items():
                yield Resource(stack, name, body)
