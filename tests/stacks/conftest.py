"""The app, synthesized once for each set of choices: by a process that has loaded the CDK, or as a user does it.

Without bundles, which tests/bundle covers. All processes of pytest share the synthesized folders.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

import stacks  # noqa: F401 before the CDK is imported: it chooses the Node for it

from .saved_synthesis import save_synthesis
from .synthesized_app import SynthesizedApp
from .warm_app import NO_BUNDLES, clean_environ, ensure_started

ROOT = Path(__file__).resolve().parents[2]
SYNTHESES = "syntheses"  # a folder in that of the run

PROFILES = {
    "small": ("profile=small",),
    "production": ("profile=production", "alarmEmail=on-call@example.com"),
}
# Sets of choices beside the two profiles. Each combines several choices, because each synthesis costs seconds.
IMAGE = f"111122223333.dkr.ecr.eu-central-1.amazonaws.com/mirror/resonate@sha256:{'0' * 64}"
PROFILE_OF_EUROPE = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"
OPEN_API = (
    "auth=none",
    "corsOrigins=https://a.example",
    "keyRotation=2",
    "publicUrl=https://api.example",
    "requesterJobs=50",
    "requesterJobsPerHour=200",
    "preferWait=15",
    "notify=default",
    "architecture=x86_64",
    "spot=false",
    "ocr=textract",
    f"analyzer=bedrock:{PROFILE_OF_EUROPE}",
    "llmPrices=3,15",
    "llmStream=on",
    "documentTypes=tests/stacks/types",
)
# Of another account, whose policy must allow the worker.
BUS = "arn:aws:events:eu-central-1:111122223333:event-bus/jobs"
SOURCE_KEY = "arn:aws:kms:eu-central-1:111122223333:key/0a1b2c3d-0000-4000-8000-000000000000"
REGIONAL_CERTIFICATE = "arn:aws:acm:eu-central-1:111122223333:certificate/0a1b2c3d"
JWT_API = (
    "auth=jwt",
    "issuer=https://id.example",
    "audience=documents",
    "sourceBuckets=our-scans",
    f"sourceKeys={SOURCE_KEY}",
    "domain=api.example.com",
    f"certificate={REGIONAL_CERTIFICATE}",
    f"serverImage={IMAGE}",
    "functions=off",
)
# The console on the internet, at an address of CloudFront's.
CONSOLE = ("auth=jwt", "console=cognito")
SMALL_CONSOLE = (*CONSOLE, "ecsExec=on", "rollbackAlarms=on")
# The same at an address of the operator's, for programs as well, in production.
WEB_ACL = "arn:aws:wafv2:us-east-1:111122223333:global/webacl/web/0a1b2c3d"
CERTIFICATE = "arn:aws:acm:us-east-1:111122223333:certificate/0a1b2c3d"
OWN_DOMAIN = (
    *CONSOLE,
    "audience=programs",
    "domain=documents.example.com",
    f"certificate={CERTIFICATE}",
    f"webAcl={WEB_ACL}",
)
# A model behind OpenAI's API, in production: it needs a permission beside those of that profile.
PROVIDER_KEY = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:llm/key-AbCdEf"
OPENAI_MODEL = (
    *PROFILES["production"],
    *OWN_DOMAIN,
    "backupWindow=02:00-02:30",
    "maintenanceWindow=sun:03:00-sun:04:00",
    "ocr=mixed",
    "analyzer=openai:some-model",
    "llmBaseUrl=https://gateway.example/v1",
    f"llmKeySecret={PROVIDER_KEY}",
    f"notify={BUS}",
)

type Synth = Callable[..., SynthesizedApp]


@pytest.fixture(scope="session")
def synth(run_folder: Path) -> Synth:
    """Return a function that synthesizes the app with choices such as `auth=none`; `cold` in a process of its own.

    No AWS setting of this machine reaches the app.
    """
    environ = {**clean_environ(os.environ), "CDK_CONTEXT_JSON": NO_BUNDLES}
    ensure_started(run_folder / SYNTHESES)

    def synthesize(*choices: str, cold: bool = False) -> SynthesizedApp:
        words = [word for choice in choices for word in ("-c", choice)]
        return SynthesizedApp(save_synthesis(run_folder / SYNTHESES, ROOT, words, environ, cold=cold))

    return synthesize


def image_context(app: SynthesizedApp, dockerfile: str) -> Path:
    """Return the build context of an image."""
    assets = json.loads((app.folder / "Longhand.assets.json").read_text())["dockerImages"].values()
    [source] = [one["source"] for one in assets if one["source"]["dockerFile"] == dockerfile.replace("/", ".")]
    return app.folder / str(source["directory"])


@pytest.fixture(scope="session")
def small(synth: Synth) -> SynthesizedApp:
    return synth(*PROFILES["small"])


@pytest.fixture(scope="session")
def production(synth: Synth) -> SynthesizedApp:
    return synth(*PROFILES["production"])


@pytest.fixture(scope="session", params=PROFILES)
def app(request: pytest.FixtureRequest, synth: Synth) -> SynthesizedApp:
    """Return the app in each of the profiles in turn."""
    return synth(*PROFILES[request.param])
