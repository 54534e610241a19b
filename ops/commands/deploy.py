"""`longhand deploy`: bring the stack up, or up to date."""

from typing import Final

import typer

from ops.aws.outputs import Output, Outputs
from ops.aws.session import Session, open_session
from ops.aws.stack import Stack
from ops.check_report import report
from ops.deploy_checks import ALL, DeployContext
from ops.doctor.check import examine
from ops.errors import UserError
from ops.exit_codes import ExitCode
from ops.programs import Programs
from ops.screen import Screen
from ops.synthesis import synthesize
from ops.target_options import StackOptions
from pricing.idle import sum_dollars

from .options import CdkContext, ProfileOption, Yes, default_choice, merge_choices

_CANNOT: Final = {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED", "UPDATE_ROLLBACK_FAILED"}


def deploy(cloud: StackOptions, *, profile: ProfileOption = None, context: CdkContext = None, yes: Yes = False) -> int:
    """Check, show what would change and what it costs, ask, and deploy.

    Interrupted, AWS goes on by itself; the same command looks again and goes on from there.

    For example:

      longhand deploy --region eu-central-1

      longhand deploy --profile production -c alarmEmail=ops@example.com --yes
    """
    name = cloud.stack or default_choice("stack")
    said = merge_choices(context, stack=name, profile=profile)
    screen, session = Screen.open(), open_session(cloud)
    programs = Programs(cloud, session.region_name)
    if failed := report(screen, examine(DeployContext(session, programs), ALL)):
        raise UserError(ExitCode.CONFIG, f"{len(failed)} things are missing", "each says above what helps")
    stack = Stack(session, name)
    _refuse(stack, is_profile_said=profile is not None)
    with synthesize(programs, said) as made:
        app = ("--app", str(made.folder))  # what is shown is what is deployed
        programs.cdk("diff", *app)
        screen.print_line(
            f"It costs about ${sum_dollars(made.idle()):.2f} a month when idle; ./longhand cost lists the parts."
        )
        if not yes and not _agreed():
            raise UserError(ExitCode.INTERRUPTED, "nothing was deployed", "say y, or --yes where nobody can be asked")
        programs.cdk("deploy", "--require-approval", "never", *app)
    return _show(screen, session, stack)


def _agreed() -> bool:
    try:
        return typer.confirm("Deploy it?", err=True)
    except typer.Abort:  # nobody is there, or somebody who had enough
        return False


def _refuse(stack: Stack, *, is_profile_said: bool) -> None:
    """A stack in such a state refuses every change; say what gets it out of there."""
    described = stack.find()
    if described is None:
        return
    status = described["StackStatus"]
    if status in _CANNOT:
        stack.outputs()  # says what helps
    if status.endswith("_IN_PROGRESS"):
        raise UserError(
            ExitCode.BUSY, f"the stack {stack.name} is being changed ({status})", "run it again when that has ended"
        )
    if not is_profile_said:
        _keep(Outputs.of(stack.name, described))


def _keep(deployed: Outputs) -> None:
    """Nobody makes production small by leaving out a word."""
    usually, now = default_choice("profile"), deployed.values.get(Output.PROFILE)
    if now and now != usually:
        sentence = f"the stack {deployed.stack} is of the profile {now}, and cdk.json says {usually}"
        raise UserError(ExitCode.USAGE, sentence, f"say --profile {now}, or write it into cdk.json")


def _show(screen: Screen, session: Session, stack: Stack) -> int:
    screen.print_pairs(
        {"Stack": stack.name, "Region": session.region_name, **dict(sorted(stack.outputs().values.items()))}
    )
    screen.print_line(f"Prove it: ./longhand doctor --stack {stack.name}")
    return ExitCode.OK
