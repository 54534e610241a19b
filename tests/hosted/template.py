"""The environment of each program in the synthesized template, with the values that only a deployment knows.

The tests repeat nothing: a program gets only variables that the template declares, and a reference without a value
fails the test.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from tests.stacks.synthesized_app import Json, SynthesizedApp

_REFERENCE: Final = re.compile(r"<[^<>]+>")
# A reference to a secret, as ECS and as CloudFormation write it: the secret, a key of its JSON or none, the version.
_TASK_SECRET: Final = re.compile(r"(?P<secret><[^<>]+>)(?::(?P<part>[^:]*)::(?P<version>.*))?")
_FUNCTION_SECRET: Final = re.compile(
    r"\{\{resolve:secretsmanager:(?P<secret><[^<>]+>):SecretString:(?P<part>[^:]*)::(?P<version>.*)\}\}"
)

type ReadSecret = Callable[[str, str | None], str]


@dataclass(frozen=True)
class Template:
    """The template, a function that reads secrets by ARN and version, and the values of references."""

    app: SynthesizedApp
    read_secret: ReadSecret
    references: dict[str, str] = field(default_factory=dict)

    def container(self, name: str, **changes: str) -> dict[str, str]:
        """Return a container's environment with changes, such as local addresses."""
        stack, body = self._container(name)
        plain = {one["Name"]: self._text(stack, one["Value"]) for one in body["Environment"]}
        secrets = {one["Name"]: self._secret(_TASK_SECRET, stack, one["ValueFrom"]) for one in body.get("Secrets", ())}
        return _with_changes(plain | secrets, changes)

    def entry_point(self, name: str) -> list[str]:
        """Return the command that a container runs."""
        found: list[str] = self._container(name)[1]["EntryPoint"]
        return found

    def function(self, name: str, **changes: str) -> dict[str, str]:
        """Return a function's environment with changes."""
        found = self.app.find("AWS::Lambda::Function", name)
        given = {}
        for variable, value in found.properties["Environment"]["Variables"].items():
            is_secret = _FUNCTION_SECRET.fullmatch(str(self.app.resolve(found.stack, value)))
            read = self._secret(_FUNCTION_SECRET, found.stack, value) if is_secret else self._text(found.stack, value)
            given[variable] = read
        return _with_changes(given, changes)

    def resource(self, kind: str) -> Json:
        """Return the properties of the only resource of this kind."""
        found = self.app.find(kind)
        made: Json = json.loads(self.resolve(json.dumps(self.app.resolve(found.stack, found.properties))))
        return made

    def resolve(self, text: str) -> str:
        """Replace references by their values."""
        return _REFERENCE.sub(lambda found: self.references[found[0]], text)

    def _container(self, name: str) -> tuple[str, Json]:
        [found] = [
            (task.stack, one)
            for task in self.app.find_all("AWS::ECS::TaskDefinition")
            for one in task.properties["ContainerDefinitions"]
            if one["Name"] == name
        ]
        return found

    def _text(self, stack: str, value: object) -> str:
        return self.resolve(str(self.app.resolve(stack, value)))

    def _secret(self, form: re.Pattern[str], stack: str, value: object) -> str:
        named = form.fullmatch(str(self.app.resolve(stack, value)))
        assert named, f"no reference to a secret: {value}"
        secret, part, version = (self.resolve(text or "") for text in named.group("secret", "part", "version"))
        text = self.read_secret(secret, version or None)
        return str(json.loads(text)[part]) if part else text


def _with_changes(given: Mapping[str, str], changes: Mapping[str, str]) -> dict[str, str]:
    assert changes.keys() <= given.keys(), f"the template declares no such variable: {changes.keys() - given.keys()}"
    return {**given, **changes}
