"""What this machine and account need before anything can be deployed, as checks with what to do about each."""

import sys
from dataclasses import dataclass
from typing import Final

from .aws.errors import aws_errors
from .aws.session import Session
from .aws.stack import Stack
from .doctor.check import Check, Outcome, fail, ok
from .programs import Programs

_PYTHON: Final = (3, 13)
_NODE: Final = 20
TOOLKIT: Final = "CDKToolkit"  # the stack that cdk bootstrap makes


@dataclass(frozen=True)
class DeployContext:
    """This machine and this account."""

    session: Session
    programs: Programs


def python(_: DeployContext) -> Outcome:
    """Look at the interpreter that runs this."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] == _PYTHON:
        return ok(version)
    return fail(f"this is Python {version}", "make setup PYTHON=/path/to/python3.13")


def node(scene: DeployContext) -> Outcome:
    """The CDK's program runs on it."""
    said = scene.programs.says("node", "--version")
    if said is None:
        return fail("there is no Node", "make setup, which brings one")
    major = said.removeprefix("v").partition(".")[0]
    if major.isdigit() and int(major) >= _NODE:
        return ok(said)
    return fail(f"Node is {said}, and must be {_NODE} or newer", "make setup, which brings one")


def docker(scene: DeployContext) -> Outcome:
    """The images of worker and keeper are built with it."""
    said = scene.programs.says("docker", "info", "--format", "{{.ServerVersion}}")
    return ok(said) if said else fail("Docker does not answer", "install it, or start it, to build the images")


def cdk(scene: DeployContext) -> Outcome:
    """Fetch it, the first time."""
    said = scene.programs.cdk_version()
    return ok(said) if said else fail("the CDK cannot be started", "check the network and the registry of npm")


def credentials(scene: DeployContext) -> Outcome:
    """Ask AWS who we are."""
    return ok(f"account {number_of(scene.session)} in {scene.session.region_name}")


def bootstrapped(scene: DeployContext) -> Outcome:
    """Look for what the CDK needs in an account, once for each region."""
    if Stack(scene.session, TOOLKIT).find():
        return ok(f"{scene.session.region_name} is prepared for the CDK")
    return fail(f"{scene.session.region_name} is not prepared for the CDK", "./longhand bootstrap")


def number_of(session: Session) -> str:
    """Return the account's number."""
    with aws_errors():
        return str(session.client("sts").get_caller_identity()["Account"])


MACHINE: Final[tuple[Check[DeployContext], ...]] = (
    Check("python", python),
    Check("node", node),
    Check("cdk", cdk, needs=("node",)),
    Check("docker", docker),
    Check("credentials", credentials),
)
ALL: Final[tuple[Check[DeployContext], ...]] = (*MACHINE, Check("bootstrapped", bootstrapped, needs=("credentials",)))
