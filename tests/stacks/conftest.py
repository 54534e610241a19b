"""The app, synthesized as a user does it: by the program itself, in a process of its own, once for each set of choices.

Bundles are left out: tests/bundle has them. What one process of pytest has made, the others read.
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

import stacks  # noqa: F401 before anything imports the CDK: it chooses the Node that the CDK runs on

from .synthesized_app import SynthesizedApp

ROOT = Path(__file__).resolve().parents[2]
NO_BUNDLES = json.dumps({"aws:cdk:bundling-stacks": []})

# The sets of choices beside the profiles that are looked at; each brings others along, because each costs seconds.
IMAGE = f"111122223333.dkr.ecr.eu-central-1.amazonaws.com/mirror/resonate@sha256:{'0' * 64}"
PROFILE_OF_EUROPE = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"
OPEN = (
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
TOKENS = (
    "auth=jwt",
    "issuer=https://id.example",
    "audience=documents",
    "sourceBuckets=our-scans",
    f"serverImage={IMAGE}",
)
# A model behind OpenAI's protocol, in production: what it needs beside that profile's key.
PROVIDER_KEY = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:llm/key-AbCdEf"
MODEL = (
    "profile=production",
    "ocr=mixed",
    "analyzer=openai:some-model",
    "llmBaseUrl=https://gateway.example/v1",
    f"llmKeySecret={PROVIDER_KEY}",
)

type Synth = Callable[..., SynthesizedApp]


def run_app(folder: Path, *choices: str) -> subprocess.CompletedProcess[str]:
    """Run it with choices such as `auth=none`, and without anything that knows an account of AWS."""
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
def _alone(file: Path) -> Iterator[None]:
    with file.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def synth(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Synth:
    """Give a function that returns the app synthesized with these choices; `again` makes it anew elsewhere."""
    own = tmp_path_factory.getbasetemp()
    shared = own if worker_id == "master" else own.parent

    def made(*choices: str, again: bool = False) -> SynthesizedApp:
        folder = shared / "synth" / f"{sha256(repr((choices, again)).encode()).hexdigest()[:12]}"
        folder.parent.mkdir(exist_ok=True)
        with _alone(folder.with_suffix(".lock")):
            if not (folder / "printed.txt").exists():
                done = run_app(folder, *choices)
                assert done.returncode == 0, done.stdout
                (folder / "printed.txt").write_text(done.stdout)
        return SynthesizedApp(folder)

    return made


def image_context(app: SynthesizedApp, program: str) -> Path:
    """Return the folder that the builder of a program's image is sent."""
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
def either(request: pytest.FixtureRequest, synth: Synth) -> SynthesizedApp:
    """Each of the profiles in turn."""
    return synth(f"profile={request.param}")
