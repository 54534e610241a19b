"""What this machine and account need before anything can be deployed, as checks with what to do about each."""

import sys
from dataclasses import dataclass
from typing import Final

from .aws.faults import explained
from .aws.session import Session
from .aws.stack import Stack
from .doctor.check import Check, Seen, fine, wrong
from .programs import Programs

_PYTHON: Final = (3, 13)
_NODE: Final = 20
TOOLKIT: Final = "CDKToolkit"  # the stack that cdk bootstrap makes


@dataclass(frozen=True)
class Scene:
    """This machine and this account."""

    session: Session
    programs: Programs


def python(_: Scene) -> Seen:
    """Look at the interpreter that runs this."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] == _PYTHON:
        return fine(version)
    return wrong(f"this is Python {version}", "make setup PYTHON=/path/to/python3.13")


def node(scene: Scene) -> Seen:
    """The CDK's program runs on it."""
    said = scene.programs.says("node", "--version")
    if said is None:
        return wrong("there is no Node", "make setup, which brings one")
    major = said.removeprefix("v").partition(".")[0]
    if major.isdigit() and int(major) >= _NODE:
        return fine(said)
    return wrong(f"Node is {said}, and must be {_NODE} or newer", "make setup, which brings one")


def docker(scene: Scene) -> Seen:
    """The images of worker and keeper are built with it."""
    said = scene.programs.says("docker", "info", "--format", "{{.ServerVersion}}")
    return fine(said) if said else wrong("Docker does not answer", "install it, or start it, to build the images")


def cdk(scene: Scene) -> Seen:
    """Fetch it, the first time."""
    said = scene.programs.cdk_version()
    return fine(said) if said else wrong("the CDK cannot be started", "check the network and the registry of npm")


def credentials(scene: Scene) -> Seen:
    """Ask AWS who we are."""
    return fine(f"account {number_of(scene.session)} in {scene.session.region_name}")


def bootstrapped(scene: Scene) -> Seen:
    """Look for what the CDK needs in an account, once for each region."""
    if Stack(scene.session, TOOLKIT).find():
        return fine(f"{scene.session.region_name} is prepared for the CDK")
    return wrong(f"{scene.session.region_name} is not prepared for the CDK", "./longhand bootstrap")


def number_of(session: Session) -> str:
    """Return the account's number."""
    with explained():
        return str(session.client("sts").get_caller_identity()["Account"])


MACHINE: Final[tuple[Check[Scene], ...]] = (
    Check("python", python),
    Check("node", node),
    Check("cdk", cdk, needs=("node",)),
    Check("docker", docker),
    Check("credentials", credentials),
)
ALL: Final[tuple[Check[Scene], ...]] = (*MACHINE, Check("bootstrapped", bootstrapped, needs=("credentials",)))
