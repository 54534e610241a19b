"""Finds the system that a command is about: --url, else --stack, else a running `make serve`; or says there is none.

Only what the user named, or what runs on this very machine, is ever used: nothing is guessed on AWS.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from .api import Api
from .errors import UserError
from .exit_codes import ExitCode
from .inbox import BucketInbox, FolderInbox, Inbox, NoInbox
from .laptop import STATE, Laptop, find
from .signing import BearerAuth, NoAuth, RequestAuth, SigV4
from .target_options import Auth, StackOptions, TargetOptions

if TYPE_CHECKING:  # half a second to import, which only who asks for AWS shall wait
    from .aws.stack import Stack

NO_TARGET = UserError(
    ExitCode.CONFIG, "no stack is named and nothing runs on this machine", "run make serve, or name one with --stack"
)


@dataclass(frozen=True, kw_only=True)
class Target:
    """A system that can be asked: its API, and where documents of this machine can be put for it."""

    name: str
    api: Api
    place: Inbox = field(default_factory=NoInbox)


def open_target(where: TargetOptions) -> Target:
    """Find it."""
    if where.url:
        return Target(name=where.url, api=Api(where.url, _sign(where)))
    if where.stack:
        return _of_stack(where)
    return open_laptop(running(where.state), where)


def running(state: Path = STATE) -> Laptop:
    """Return what runs on this machine."""
    found = find(state)
    if found is None:
        raise NO_TARGET
    return found


def open_laptop(found: Laptop, where: TargetOptions) -> Target:
    """Return it as a target."""
    api = Api(found.api, _sign(where), remedy="look at the terminal of make serve")
    return Target(name=f"make serve on {found.api}", api=api, place=FolderInbox(found.inbox, found.documents))


def open_stack(cloud: StackOptions) -> "Stack":
    """Return the stack that is named."""
    from .aws.session import open_session  # noqa: PLC0415 - see above
    from .aws.stack import Stack  # noqa: PLC0415 - as above

    if not cloud.stack:
        raise UserError(ExitCode.CONFIG, "this is about a stack on AWS and none is named", "add --stack NAME")
    return Stack(open_session(cloud), cloud.stack)


def _of_stack(where: TargetOptions) -> Target:
    from .aws.outputs import Output  # noqa: PLC0415 - see above

    stack = open_stack(where)
    outputs = stack.outputs()
    default_choice = Auth(outputs.values.get(Output.API_AUTH, Auth.IAM))
    sign = _sign(replace(where, auth=where.auth or default_choice))
    api = Api(outputs[Output.API_URL], sign, remedy=f"./longhand doctor --stack {stack.name}")
    name = f"stack {stack.name} in {stack.session.region_name}"
    return Target(name=name, api=api, place=BucketInbox(stack.session.client("s3"), outputs[Output.BUCKET]))


def _sign(where: TargetOptions) -> RequestAuth:
    if where.auth is Auth.IAM:
        return _signed(where)
    if where.auth is Auth.JWT and not where.token:
        raise UserError(ExitCode.USAGE, "--auth jwt needs a token", "set LONGHAND_TOKEN")
    return BearerAuth(where.token) if where.token and where.auth is not Auth.NONE else NoAuth()


def _signed(where: TargetOptions) -> RequestAuth:
    from .aws.session import open_session  # noqa: PLC0415 - see above

    session = open_session(where)
    return SigV4(session.get_credentials(), session.region_name)
