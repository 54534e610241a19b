"""`longhand bootstrap`: prepare an account's region for the CDK, once."""

from ops.aws.session import open_session
from ops.doctor.check import examine
from ops.exits import Exit
from ops.faults import Fault
from ops.findings import report
from ops.programs import Programs
from ops.readiness import MACHINE, Scene, number_of
from ops.screen import Screen
from ops.where import Account


def bootstrap(account: Account) -> int:
    """Check this machine and the credentials, and prepare the account's region for the CDK. Again does no harm.

    For example:

      longhand bootstrap --region eu-central-1 --aws-profile work
    """
    screen, session = Screen.here(), open_session(account)
    programs = Programs(account, session.region_name)
    if failed := report(screen, examine(Scene(session, programs), MACHINE)):
        raise Fault(Exit.CONFIG, f"{len(failed)} things are missing", "each says above what helps")
    programs.cdk("bootstrap", f"aws://{number_of(session)}/{session.region_name}")
    screen.say("Ready for ./longhand deploy")
    return Exit.OK
