"""`longhand deploy`: create or update the stack."""

from typing import Final

import typer

from ops.aws.session import Session, open_session
from ops.aws.stack import Stack
from ops.aws.stack_outputs import Output, Outputs
from ops.check_report import print_results
from ops.deploy_checks import DEPLOY_CHECKS, DeployContext
from ops.doctor.check import run_checks
from ops.errors import UserError
from ops.exit_codes import ExitCode
from ops.programs import Programs
from ops.screen import Screen
from ops.synthesis import synthesize
from ops.target_options import StackOptions
from pricing.idle import sum_dollars

from .options import CdkContext, ProfileOption, Yes, merge_context, read_default

_UNDEPLOYABLE_STATUSES: Final = {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED", "UPDATE_ROLLBACK_FAILED"}


def deploy(cloud: StackOptions, *, profile: ProfileOption = None, context: CdkContext = None, yes: Yes = False) -> int:
    """Run checks, show the changes and the idle cost, ask for confirmation, and deploy.

    After Ctrl-C, AWS finishes the running deployment; run the same command again to see its result.

    For example:

      longhand deploy --region eu-central-1

      longhand deploy --profile production -c alarmEmail=ops@example.com --yes
    """
    name = cloud.stack or read_default("stack")
    choices = merge_context(context, stack=name, profile=profile)
    screen, session = Screen.open(), open_session(cloud)
    programs = Programs(cloud, session.region_name)
    if failed := print_results(screen, run_checks(DeployContext(session, programs), DEPLOY_CHECKS)):
        raise UserError(ExitCode.CONFIG, f"{len(failed)} checks failed", "see the remedy of each above")
    stack = Stack(session, name)
    _require_deployable(stack, has_profile=profile is not None)
    with synthesize(programs, choices) as synthesis:
        app = ("--app", str(synthesis.folder))  # deploy exactly the templates that the diff shows
        programs.run_cdk("diff", *app)
        dollars = sum_dollars(synthesis.list_idle_costs())
        screen.print_line(f"Idle cost: about ${dollars:.2f} per month; ./longhand cost lists it.")
        if not yes and not _confirm():
            raise UserError(ExitCode.INTERRUPTED, "nothing was deployed", "answer y, or add --yes without a terminal")
        programs.run_cdk("deploy", "--require-approval", "never", *app)
    return _print_outputs(screen, session, stack)


def _confirm() -> bool:
    try:
        return typer.confirm("Deploy it?", err=True)
    except typer.Abort:  # Ctrl-C, or no terminal
        return False


def _require_deployable(stack: Stack, *, has_profile: bool) -> None:
    """Refuse a stack that cannot be updated in its present state, before anything is built."""
    description = stack.find()
    if description is None:
        return
    status = description["StackStatus"]
    if status in _UNDEPLOYABLE_STATUSES:
        stack.read_outputs()  # raises an error with the remedy
    if status.endswith("_IN_PROGRESS"):
        sentence = f"the stack {stack.name} is being changed ({status})"
        raise UserError(ExitCode.BUSY, sentence, "run it again when that has finished")
    if not has_profile:
        _require_same_profile(Outputs.parse(stack.name, description))


def _require_same_profile(outputs: Outputs) -> None:
    """Leaving out --profile must not turn a production stack into a small one."""
    default, deployed = read_default("profile"), outputs.values.get(Output.PROFILE)
    if deployed and deployed != default:
        sentence = f"the stack {outputs.stack} has the profile {deployed}, and cdk.json sets {default}"
        raise UserError(ExitCode.USAGE, sentence, f"add --profile {deployed}, or change cdk.json")


def _print_outputs(screen: Screen, session: Session, stack: Stack) -> int:
    outputs = dict(sorted(stack.read_outputs().values.items()))
    screen.print_pairs({"Stack": stack.name, "Region": session.region_name, **outputs})
    screen.print_line(f"Check it: ./longhand doctor --stack {stack.name}")
    return ExitCode.OK
