"""Checks of what a deployment needs from this machine and the AWS account."""

import sys
from dataclasses import dataclass
from typing import Final

from .aws.errors import aws_errors
from .aws.session import Session
from .aws.stack import Stack
from .doctor.check import Check, Outcome, fail, ok
from .programs import Programs

_PYTHON: Final = (3, 13)
_MIN_NODE: Final = 20
TOOLKIT: Final = "CDKToolkit"  # the stack that cdk bootstrap makes


@dataclass(frozen=True)
class DeployContext:
    """What the checks inspect."""

    session: Session
    programs: Programs


def check_python(_: DeployContext) -> Outcome:
    """Check the version of this interpreter."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] == _PYTHON:
        return ok(version)
    return fail(f"this is Python {version}", "run make setup PYTHON=/path/to/python3.13")


def check_node(context: DeployContext) -> Outcome:
    """Check the version of Node, which runs the CDK program."""
    version = context.programs.read_output("node", "--version")
    if version is None:
        return fail("Node is not installed", "run make setup, which installs it")
    major = version.removeprefix("v").partition(".")[0]
    if major.isdigit() and int(major) >= _MIN_NODE:
        return ok(version)
    return fail(f"Node is {version}; {_MIN_NODE} or newer is needed", "run make setup, which installs it")


def check_docker(context: DeployContext) -> Outcome:
    """Check Docker, which builds the images of worker and keeper."""
    version = context.programs.read_output("docker", "info", "--format", "{{.ServerVersion}}")
    return ok(version) if version else fail("Docker does not respond", "install or start it: it builds the images")


def check_cdk(context: DeployContext) -> Outcome:
    """Check the CDK program; the first call downloads it."""
    version = context.programs.read_cdk_version()
    return ok(version) if version else fail("the CDK cannot be started", "check the network and the npm registry")


def check_credentials(context: DeployContext) -> Outcome:
    """Read the account that the credentials belong to."""
    return ok(f"account {read_account(context.session)} in {context.session.region_name}")


def check_bootstrap(context: DeployContext) -> Outcome:
    """Look for the CDK's own stack, which each region of an account needs once."""
    if Stack(context.session, TOOLKIT).find():
        return ok(f"{context.session.region_name} is bootstrapped for the CDK")
    return fail(f"{context.session.region_name} is not bootstrapped for the CDK", "run ./longhand bootstrap")


def read_account(session: Session) -> str:
    """Return the number of the account."""
    with aws_errors():
        return str(session.client("sts").get_caller_identity()["Account"])


MACHINE_CHECKS: Final[tuple[Check[DeployContext], ...]] = (
    Check("python", check_python),
    Check("node", check_node),
    Check("cdk", check_cdk, needs=("node",)),
    Check("docker", check_docker),
    Check("credentials", check_credentials),
)
DEPLOY_CHECKS: Final[tuple[Check[DeployContext], ...]] = (
    *MACHINE_CHECKS,
    Check("bootstrapped", check_bootstrap, needs=("credentials",)),
)
