"""The function's settings, read from its environment once. A message never changes the server's address."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Final, Self

from contract.environment import Environment, settings_errors
from contract.names import FUNCTIONS_ADDRESS
from durable import Workflow

_ADDRESS: Final = r"poll://any@[A-Za-z0-9][A-Za-z0-9_.-]{0,119}|https?://[\w.~%:/-]{1,1000}"
_MODULE: Final = r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*"
_MODULES: Final = ("lambdas.functions.workflows",)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The server's URL is required."""

    server_url: str
    server_token: str | None = field(default=None, repr=False)
    address: str = FUNCTIONS_ADDRESS  # where the server announces tasks for the function, and its workflows' own parts
    modules: tuple[str, ...] = _MODULES  # each has its workflows in WORKFLOWS

    @classmethod
    def from_env(cls, variables: Mapping[str, str]) -> Self:
        """Read the variables; the error for a missing or wrong one is one sentence that names it."""
        env = Environment(variables)
        meaning = "the address at which the function gets its tasks, as poll://any@functions or https://host/path"
        return cls(
            server_url=env.url("RESONATE_URL"),
            server_token=env.optional(env.token, "RESONATE_TOKEN"),
            address=env.optional(env.match, "RESONATE_FUNCTION_URL", _ADDRESS, meaning) or FUNCTIONS_ADDRESS,
            modules=env.list("FUNCTION_MODULES", _MODULE, "names of modules, as in orders.workflows") or _MODULES,
        )

    def load_workflows(self) -> Sequence[Workflow[..., Any]]:
        """Import the modules, and return their workflows."""
        with settings_errors("FUNCTION_MODULES", ImportError, AttributeError):
            return [workflow for name in self.modules for workflow in import_module(name).WORKFLOWS]
