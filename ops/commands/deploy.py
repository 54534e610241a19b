"""`longhand deploy`: bring the stack up, or up to date."""

import json
from typing import Final

import typer

from ops.aws.session import Session, open_session
from ops.aws.stack import Stack
from ops.doctor.check import examine
from ops.exits import Exit
from ops.faults import Fault
from ops.findings import report
from ops.laptop import ROOT
from ops.programs import Programs
from ops.readiness import ALL, Scene
from ops.screen import Screen
from ops.synthesis import synthesized
from ops.where import Cloud
from pricing.idle import total

from .options import Context, Profile, ProfileOption, Yes

_CANNOT: Final = {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED", "UPDATE_ROLLBACK_FAILED"}


def deploy(cloud: Cloud, *, profile: ProfileOption = Profile.SMALL, context: Context = None, yes: Yes = False) -> int:
    """Check, show what would change and what it costs, ask, and deploy.

    Interrupted, AWS goes on by itself; the same command looks again and goes on from there.

    For example:

      longhand deploy --region eu-central-1

      longhand deploy --profile production -c alarmEmail=ops@example.com --yes
    """
    screen, session = Screen.here(), open_session(cloud)
    programs = Programs(cloud, session.region_name)
    if failed := report(screen, examine(Scene(session, programs), ALL)):
        raise Fault(Exit.CONFIG, f"{len(failed)} things are missing", "each says above what helps")
    stack = Stack(session, cloud.stack or default_stack())
    _refuse(stack)
    with synthesized(programs, [f"profile={profile}", f"stack={stack.name}", *(context or [])]) as made:
        app = ("--app", str(made.folder))  # what is shown is what is deployed
        programs.cdk("diff", *app)
        screen.say(f"It costs about ${total(made.idle()):.2f} a month when idle; ./longhand cost says of what.")
        if not yes and not typer.confirm("Deploy it?", err=True):
            raise Fault(Exit.INTERRUPTED, "nothing was deployed")
        programs.cdk("deploy", "--require-approval", "never", *app)
    return _show(screen, session, stack)


def default_stack() -> str:
    """The name that the CDK app gives its stack."""
    return str(json.loads((ROOT / "cdk.json").read_text())["context"]["stack"])


def _refuse(stack: Stack) -> None:
    """A stack in such a state refuses every change; say what gets it out of there."""
    described = stack.find()
    status = described["StackStatus"] if described else ""
    if status in _CANNOT:
        stack.outputs()  # says what helps
    if status.endswith("_IN_PROGRESS"):
        raise Fault(
            Exit.BUSY, f"the stack {stack.name} is being changed ({status})", "run it again when that has ended"
        )


def _show(screen: Screen, session: Session, stack: Stack) -> int:
    screen.pairs({"Stack": stack.name, "Region": session.region_name, **dict(sorted(stack.outputs().values.items()))})
    screen.say(f"Prove it: ./longhand doctor --stack {stack.name}")
    return Exit.OK
