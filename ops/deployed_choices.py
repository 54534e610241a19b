"""The choices of a deployed stack, which its parameters record.

A deployment keeps each choice that the command line does not change. `stacks/root.py` writes the parameters. A stack
that was deployed before they existed has two of the choices as outputs.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from .aws.stack import StackDescription
from .aws.stack_outputs import Output, Outputs

NOT_CHOSEN: Final = "-"
_PREFIX: Final = "Choice"
_FORMER_OUTPUTS: Final = {"profile": Output.PROFILE, "auth": Output.API_AUTH}

type Choices = Mapping[str, str]  # NOT_CHOSEN stands for a choice without a value


def read_choices(description: StackDescription) -> dict[str, str]:
    """Return the choices of a deployed stack."""
    outputs = Outputs.parse("", description).values
    former = {key: value for key, name in _FORMER_OUTPUTS.items() if (value := outputs.get(name))}
    given = {each["ParameterKey"]: each.get("ParameterValue", "") for each in description.get("Parameters", ())}
    return former | _name_by_key(given)


def read_template_choices(template: Mapping[str, Mapping[str, Mapping[str, str]]]) -> dict[str, str]:
    """Return the choices that a root template would deploy."""
    return _name_by_key({name: body.get("Default", "") for name, body in template.get("Parameters", {}).items()})


def keep_deployed(deployed: Choices, given: Iterable[str]) -> list[str]:
    """Return KEY=VALUE for each choice: the deployed value, unless one is given. It overrides that of cdk.json."""
    given = list(given)
    keys = {choice.partition("=")[0] for choice in given}
    kept = {key: value for key, value in deployed.items() if key not in keys}
    return [*(f"{key}={'' if value == NOT_CHOSEN else value}" for key, value in kept.items()), *given]


def find_changes(deployed: Choices, wanted: Choices) -> dict[str, tuple[str, str]]:
    """Return the deployed and the wanted value of each choice that both have and that differs."""
    return {key: (deployed[key], value) for key, value in wanted.items() if deployed.get(key, value) != value}


def list_parameters(changes: Iterable[str], wanted: Choices) -> list[str]:
    """Return the options of the CDK's command line that permit these changes."""
    return [word for key in changes for word in ("--parameters", f"{_PREFIX}{key[0].upper()}{key[1:]}={wanted[key]}")]


def _name_by_key(parameters: Mapping[str, str]) -> dict[str, str]:
    named = {name.removeprefix(_PREFIX): value for name, value in parameters.items() if name.startswith(_PREFIX)}
    return {name[0].lower() + name[1:]: value for name, value in named.items()}
