"""`longhand bootstrap`: prepare an account's region for the CDK, once."""

from ops.aws.session import open_session
from ops.check_report import report
from ops.deploy_checks import MACHINE, DeployContext, number_of
from ops.doctor.check import examine
from ops.errors import UserError
from ops.exit_codes import ExitCode
from ops.programs import Programs
from ops.screen import Screen
from ops.target_options import AccountOptions


def bootstrap(account: AccountOptions) -> int:
    """Check this machine and the credentials, and prepare the account's region for the CDK. Again does no harm.

    For example:

      longhand bootstrap --region eu-central-1 --aws-profile work
    """
    screen, session = Screen.open(), open_session(account)
    programs = Programs(account, session.region_name)
    if failed := report(screen, examine(DeployContext(session, programs), MACHINE)):
        raise UserError(ExitCode.CONFIG, f"{len(failed)} things are missing", "each says above what helps")
    programs.cdk("bootstrap", f"aws://{number_of(session)}/{session.region_name}")
    screen.print_line("Ready for ./longhand deploy")
    return ExitCode.OK
