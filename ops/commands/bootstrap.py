"""`longhand bootstrap`: prepare a region of an AWS account for the CDK."""

from ops.account_checks import ensure_service_role
from ops.aws.session import open_session
from ops.check_report import print_results
from ops.deploy_checks import MACHINE_CHECKS, DeployContext, read_account
from ops.doctor.check import run_checks
from ops.errors import UserError
from ops.exit_codes import ExitCode
from ops.programs import Programs
from ops.screen import Screen
from ops.target_options import AccountOptions


def bootstrap(account: AccountOptions) -> int:
    """Check this machine and the credentials, and prepare the region for the CDK, and the account for ECS.

    Repeating it is safe.

    For example:

      longhand bootstrap --region eu-central-1 --aws-profile work
    """
    screen, session = Screen.open(), open_session(account)
    programs = Programs(account, session.region_name)
    if failed := print_results(screen, run_checks(DeployContext(session, programs), MACHINE_CHECKS)):
        raise UserError(ExitCode.CONFIG, f"{len(failed)} checks failed", "see the remedy of each above")
    programs.run_cdk("bootstrap", f"aws://{read_account(session)}/{session.region_name}")
    ensure_service_role(session)
    screen.print_line("The region is ready for ./longhand deploy")
    return ExitCode.OK
