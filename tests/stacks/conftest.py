"""The app, synthesized as a user does it: by app.py in a process of its own, once for each set of choices.

Without bundles, which tests/bundle covers. All processes of pytest share the synthesized folders.
"""

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest

import stacks  # noqa: F401 before the CDK is imported: it chooses the Node for it

from .synthesized_app import SynthesizedApp

ROOT = Path(__file__).resolve().parents[2]
NO_BUNDLES = json.dumps({"aws:cdk:bundling-stacks": []})

# Sets of choices beside the two profiles. Each combines several choices, because each synthesis costs seconds.
IMAGE = f"111122223333.dkr.ecr.eu-central-1.amazonaws.com/mirror/resonate@sha256:{'0' * 64}"
PROFILE_OF_EUROPE = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"
OPEN_API = (
    "auth=none",
    "corsOrigins=https://a.example",
    "keyRotation=2",
    "architecture=x86_64",
    "spot=false",
    "ocr=textract",
    f"analyzer=bedrock:{PROFILE_OF_EUROPE}",
    "llmPrices=3,15",
    "documentTypes=tests/stacks/types",
)
JWT_API = (
    "auth=jwt",
    "issuer=https://id.example",
    "audience=documents",
    "sourceBuckets=our-scans",
    f"serverImage={IMAGE}",
)
# A model behind OpenAI's API, in production: it needs a permission beside those of that profile.
PROVIDER_KEY = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:llm/key-AbCdEf"
OPENAI_MODEL = (
    "profile=production",
    "ocr=mixed",
    "analyzer=openai:some-model",
    "llmBaseUrl=https://gateway.example/v1",
    f"llmKeySecret={PROVIDER_KEY}",
)

type Synth = Callable[..., SynthesizedApp]


def run_app(folder: Path, *choices: str) -> subprocess.CompletedProcess[str]:
    """Run the app with choices such as `auth=none`, without any AWS settings of this machine."""
    words = [word for choice in choices for word in ("-c", choice)]
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CDK_"))}
    return subprocess.run(
        [sys.executable, str(ROOT / "app.py"), *words],
        env={**environ, "CDK_OUTDIR": str(folder), "CDK_CONTEXT_JSON": NO_BUNDLES},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


@contextmanager
def _lock_file(file: Path) -> Iterator[None]:
    with file.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def synth(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Synth:
    """Return a function that synthesizes the app with these choices; `again` repeats it in another folder."""
    own = tmp_path_factory.getbasetemp()
    shared = own if worker_id == "master" else own.parent

    def synthesize(*choices: str, again: bool = False) -> SynthesizedApp:
        folder = shared / "synth" / f"{sha256(repr((choices, again)).encode()).hexdigest()[:12]}"
        folder.parent.mkdir(exist_ok=True)
        with _lock_file(folder.with_suffix(".lock")):
            if not (folder / "printed.txt").exists():
                done = run_app(folder, *choices)
                assert done.returncode == 0, done.stdout
                (folder / "printed.txt").write_text(done.stdout)
        return SynthesizedApp(folder)

    return synthesize


def image_context(app: SynthesizedApp, program: str) -> Path:
    """Return the build context of a program's image."""
    assets = json.loads((app.folder / "Longhand.assets.json").read_text())["dockerImages"].values()
    [source] = [one["source"] for one in assets if one["source"]["dockerFile"] == f"{program}/Dockerfile"]
    return app.folder / str(source["directory"])


@pytest.fixture(scope="session")
def small(synth: Synth) -> SynthesizedApp:
    return synth("profile=small")


@pytest.fixture(scope="session")
def production(synth: Synth) -> SynthesizedApp:
    return synth("profile=production")


@pytest.fixture(scope="session", params=["small", "production"])
def app(request: pytest.FixtureRequest, synth: Synth) -> SynthesizedApp:
    """Return the app in each of the profiles in turn."""
    return synth(f"profile={request.param}")
