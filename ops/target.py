"""Finds the system that a command is about: --url, else --stack, else the `make serve` running on this machine.

Nothing on AWS is guessed: a stack must be named.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from longhand_client import BearerAuth, RequestAuth, send_no_credentials

from .api import Api
from .errors import UserError
from .exit_codes import ExitCode
from .laptop import STATE, Laptop, find_laptop
from .target_options import Auth, StackOptions, TargetOptions

if TYPE_CHECKING:  # its import takes half a second, and only commands about AWS need it
    from .aws.stack import Stack


@dataclass(frozen=True, kw_only=True)
class Target:
    """A system: its name for people, and its API."""

    name: str
    api: Api


def open_target(options: TargetOptions) -> Target:
    """Return the system that the options name."""
    if options.url:
        return Target(name=options.url, api=Api(options.url, _make_auth(options)))
    if options.stack:
        return _open_stack_target(options)
    return open_laptop_target(find_running(options.state), options)


def find_running(state: Path = STATE) -> Laptop:
    """Return the running `make serve`; without one, raise."""
    laptop = find_laptop(state)
    if laptop is None:
        sentence = "no stack is named and no make serve is running on this machine"
        raise UserError(ExitCode.CONFIG, sentence, "run make serve, or name a stack with --stack")
    return laptop


def open_laptop_target(laptop: Laptop, options: TargetOptions) -> Target:
    """Return a running `make serve` as a target."""
    api = Api(laptop.api, _make_auth(options), remedy="see the terminal of make serve")
    return Target(name=f"make serve on {laptop.api}", api=api)


def open_stack(options: StackOptions) -> "Stack":
    """Return the stack that the options name."""
    from .aws.session import open_session  # noqa: PLC0415 - see above
    from .aws.stack import Stack  # noqa: PLC0415 - as above

    if not options.stack:
        raise UserError(ExitCode.CONFIG, "this command needs a stack on AWS", "add --stack NAME")
    return Stack(open_session(options), options.stack)


def _open_stack_target(options: TargetOptions) -> Target:
    from .aws.stack_outputs import Output  # noqa: PLC0415 - see above

    stack = open_stack(options)
    outputs = stack.read_outputs()
    default = Auth(outputs.values.get(Output.API_AUTH, Auth.IAM))
    auth = _make_auth(replace(options, auth=options.auth or default))
    api = Api(outputs[Output.API_URL], auth, remedy=f"run ./longhand doctor --stack {stack.name}")
    name = f"stack {stack.name} in {stack.session.region_name}"
    return Target(name=name, api=api)


def _make_auth(options: TargetOptions) -> RequestAuth:
    if options.auth is Auth.IAM:
        return _make_signature(options)
    if options.auth is Auth.JWT and not options.token:
        raise UserError(ExitCode.USAGE, "--auth jwt needs a token", "set LONGHAND_TOKEN")
    return BearerAuth(options.token) if options.token and options.auth is not Auth.NONE else send_no_credentials


def _make_signature(options: TargetOptions) -> RequestAuth:
    from .aws.session import open_session  # noqa: PLC0415 - see above
    from .aws.signature import SessionSignature  # noqa: PLC0415 - as above

    return SessionSignature.of(open_session(options))
