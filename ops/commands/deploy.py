"""`longhand deploy`: create or update the stack."""

from collections.abc import Iterable
from typing import Annotated, Final

import typer

from ops.account_checks import ACCOUNT_CHECKS, AccountContext
from ops.aws.change_set import NAME, ChangeSet
from ops.aws.session import Session, open_session
from ops.aws.stack import Stack, StackDescription
from ops.check_report import print_results
from ops.deploy_checks import DEPLOY_CHECKS, DeployContext
from ops.deployed_choices import NOT_CHOSEN, Choices, find_changes, keep_deployed, list_parameters, read_choices
from ops.deployment_needs import DeploymentNeeds
from ops.doctor.check import CheckResult, run_checks
from ops.errors import UserError
from ops.exit_codes import ExitCode
from ops.programs import Programs
from ops.screen import Screen
from ops.synthesis import Synthesis, synthesize
from ops.target_options import StackOptions
from pricing.idle import sum_dollars

from .options import CdkContext, ProfileOption, Yes, merge_context, read_default

_EMPTY_STATUS: Final = "REVIEW_IN_PROGRESS"  # a first deployment was stopped before it made anything
# A first deployment that failed keeps what it made, and the next one continues from there.
_CONTINUED_STATUS: Final = "CREATE_FAILED"
_UNDEPLOYABLE_STATUSES: Final = {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED", "UPDATE_ROLLBACK_FAILED"}

Replace = Annotated[
    list[str] | None,
    typer.Option(help="The logical id of a database, bucket, key or topic that may be replaced; can be repeated."),
]


def deploy(
    cloud: StackOptions,
    *,
    profile: ProfileOption = None,
    context: CdkContext = None,
    replace: Replace = None,
    yes: Yes = False,
) -> int:
    """Run checks, show the changes and the idle cost, ask for confirmation, and deploy.

    A choice that is not given keeps its deployed value; cdk.json has those of a new stack. A change that would replace
    or delete the database, a bucket, a key or a topic is refused.

    After Ctrl-C, AWS finishes the running deployment; run the same command again to see its result.

    For example:

      longhand deploy --region eu-central-1

      longhand deploy --profile production -c alarmEmail=ops@example.com --yes
    """
    name = cloud.stack or read_default("stack")
    given = merge_context(context, stack=name, profile=profile)
    screen, session = Screen.open(), open_session(cloud)
    programs = Programs(cloud, session.region_name)
    _require(screen, run_checks(DeployContext(session, programs), DEPLOY_CHECKS))
    stack = Stack(session, name)
    description = _find_deployable(stack)
    deployed = read_choices(description) if description else {}
    _require_same_profile(name, deployed, profile)
    with synthesize(programs, keep_deployed(deployed, given)) as synthesis:
        changes = find_changes(deployed, synthesis.choices)
        needs = DeploymentNeeds.of(synthesis.templates, synthesis.folder)
        _require(screen, run_checks(AccountContext(session, programs, needs), ACCOUNT_CHECKS))
        programs.run_cdk("diff", "--app", str(synthesis.folder))  # exactly the templates that are deployed below
        _print_plan(screen, synthesis, changes)
        if not yes and not _confirm():
            raise UserError(ExitCode.INTERRUPTED, "nothing was deployed", "answer y, or add --yes without a terminal")
        parameters = list_parameters(changes, synthesis.choices)
        if description is None or description["StackStatus"] == _CONTINUED_STATUS:
            _create(programs, synthesis, parameters)
        else:
            _update(programs, stack, synthesis, parameters, set(replace or ()))
    return _print_outputs(screen, session, stack)


def _require(screen: Screen, results: Iterable[CheckResult]) -> None:
    if failed := print_results(screen, results):
        raise UserError(ExitCode.CONFIG, f"{len(failed)} checks failed", "see the remedy of each above")


def _confirm() -> bool:
    try:
        return typer.confirm("Deploy it?", err=True)
    except typer.Abort:  # Ctrl-C, or no terminal
        return False


def _find_deployable(stack: Stack) -> StackDescription | None:
    """Return the stack, or None if nothing of it exists. Refuse one that cannot be changed, before the build."""
    description = stack.find()
    if description is None or description["StackStatus"] == _EMPTY_STATUS:
        return None
    status = description["StackStatus"]
    if status in _UNDEPLOYABLE_STATUSES:
        stack.read_outputs()  # raises an error with the remedy
    if status.endswith("_IN_PROGRESS"):
        sentence = f"the stack {stack.name} is being changed ({status})"
        raise UserError(ExitCode.BUSY, sentence, "run it again when that has finished")
    return description


def _require_same_profile(stack: str, deployed: Choices, profile: str | None) -> None:
    """Refuse another profile: it encrypts the database with another key, so AWS would replace it by an empty one."""
    current = deployed.get("profile")
    if current and profile and profile != current:
        sentence = f"the stack {stack} has the profile {current}, and {profile} would replace its database"
        remedy = f"leave out --profile, or move the data to a stack with the profile {profile}: docs/move.md"
        raise UserError(ExitCode.REFUSED, sentence, remedy)


def _print_plan(screen: Screen, synthesis: Synthesis, changes: dict[str, tuple[str, str]]) -> None:
    names = {NOT_CHOSEN: "not chosen"}
    for key, (old, new) in changes.items():
        screen.print_line(f"Choice {key}: {names.get(old, old)} -> {names.get(new, new)}")
    dollars = sum_dollars(synthesis.list_idle_costs())
    screen.print_line(f"Idle cost: about ${dollars:.2f} per month; ./longhand cost lists it.")


def _create(programs: Programs, synthesis: Synthesis, parameters: list[str]) -> None:
    """Create the stack. If that fails, what exists stays, so that the next attempt does not make a database again."""
    _run_deploy(programs, synthesis, "--no-rollback", *parameters)


def _update(
    programs: Programs, stack: Stack, synthesis: Synthesis, parameters: list[str], replaceable: set[str]
) -> None:
    """Prepare a change set, refuse one that loses data, and execute exactly that one."""
    _run_deploy(programs, synthesis, "--method", "prepare-change-set", "--change-set-name", NAME, *parameters)
    change_set = ChangeSet(stack)
    losses = [] if change_set.is_empty else [each for each in change_set.find_losses() if each.name not in replaceable]
    if losses or change_set.is_empty:
        change_set.delete()
    if losses:
        sentence = f"nothing was deployed, because {'; '.join(map(str, losses))}"
        remedy = "keep the property that AWS cannot change in place, or allow the loss with --replace and that name"
        raise UserError(ExitCode.REFUSED, sentence, remedy)
    if not change_set.is_empty:
        _run_deploy(programs, synthesis, stack.name, "--method", "execute-change-set", "--change-set-name", NAME)


def _run_deploy(programs: Programs, synthesis: Synthesis, *words: str) -> None:
    programs.run_cdk("deploy", *words, "--require-approval", "never", "--app", str(synthesis.folder))


def _print_outputs(screen: Screen, session: Session, stack: Stack) -> int:
    outputs = dict(sorted(stack.read_outputs().values.items()))
    screen.print_pairs({"Stack": stack.name, "Region": session.region_name, **outputs})
    screen.print_line(f"Check it: ./longhand doctor --stack {stack.name}")
    return ExitCode.OK
