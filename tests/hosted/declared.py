"""What the synthesized template tells each program, with everything that only a deployment knows filled in.

Nothing is said here a second time: a variable that the template does not declare is given to nobody, and a reference
that nobody has filled in ends the test.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from tests.stacks.synthesized_app import Json, SynthesizedApp

_REFERENCE: Final = re.compile(r"<[^<>]+>")
# A secret as ECS is told of it, and as CloudFormation is: which one, which part of its JSON if any, which version.
_OF_TASK: Final = re.compile(r"(?P<secret><[^<>]+>):(?P<part>[^:]*)::(?P<version>.*)")
_OF_FUNCTION: Final = re.compile(
    r"\{\{resolve:secretsmanager:(?P<secret><[^<>]+>):SecretString:(?P<part>[^:]*)::(?P<version>.*)\}\}"
)

type ReadSecret = Callable[[str, str | None], str]


@dataclass(frozen=True)
class Declared:
    """The template, what its references mean here, and how a secret is read: by its ARN and version."""

    app: SynthesizedApp
    read_secret: ReadSecret
    meanings: dict[str, str] = field(default_factory=dict)

    def container(self, name: str, **instead: str) -> dict[str, str]:
        """Return a container's environment; `instead` are addresses and times of this machine."""
        stack, body = self._container(name)
        plain = {one["Name"]: self._text(stack, one["Value"]) for one in body["Environment"]}
        secrets = {one["Name"]: self._secret(_OF_TASK, stack, one["ValueFrom"]) for one in body.get("Secrets", ())}
        return _replaced(plain | secrets, instead)

    def words(self, name: str) -> list[str]:
        """Return what a container runs."""
        found: list[str] = self._container(name)[1]["EntryPoint"]
        return found

    def function(self, name: str, **instead: str) -> dict[str, str]:
        """Return a function's environment."""
        found = self.app.find("AWS::Lambda::Function", name)
        given = {}
        for variable, value in found.properties["Environment"]["Variables"].items():
            is_secret = _OF_FUNCTION.fullmatch(str(self.app.resolve(found.stack, value)))
            read = self._secret(_OF_FUNCTION, found.stack, value) if is_secret else self._text(found.stack, value)
            given[variable] = read
        return _replaced(given, instead)

    def resource(self, kind: str) -> Json:
        """Return the properties of the one resource of its kind."""
        found = self.app.find(kind)
        made: Json = json.loads(self.filled(json.dumps(self.app.resolve(found.stack, found.properties))))
        return made

    def filled(self, text: str) -> str:
        """Put in what references mean."""
        return _REFERENCE.sub(lambda found: self.meanings[found[0]], text)

    def _container(self, name: str) -> tuple[str, Json]:
        [found] = [
            (task.stack, one)
            for task in self.app.find_all("AWS::ECS::TaskDefinition")
            for one in task.properties["ContainerDefinitions"]
            if one["Name"] == name
        ]
        return found

    def _text(self, stack: str, value: object) -> str:
        return self.filled(str(self.app.resolve(stack, value)))

    def _secret(self, form: re.Pattern[str], stack: str, value: object) -> str:
        named = form.fullmatch(str(self.app.resolve(stack, value)))
        assert named, f"this names no secret: {value}"
        secret, part, version = (self.filled(text) for text in named.group("secret", "part", "version"))
        text = self.read_secret(secret, version or None)
        return str(json.loads(text)[part]) if part else text


def _replaced(given: Mapping[str, str], instead: Mapping[str, str]) -> dict[str, str]:
    assert instead.keys() <= given.keys(), f"the template declares no such variable: {instead.keys() - given.keys()}"
    return {**given, **instead}
