"""The CDK app. `cdk` runs it as cdk.json says, `make synth` without the CDK's command line.

It needs no AWS account: what depends on one is left open in the templates, for CloudFormation to fill in.
"""

import json
import os
import re
import sys
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from stacks.choices import Choices

# After the import above, which chooses the Node that the CDK runs on.
from aws_cdk import App  # isort: skip

from stacks.bundle import BundleError
from stacks.choice_values import ChoiceError
from stacks.root import Root
from stacks.validation import validate

ROOT: Final = Path(__file__).resolve().parent
_OUTPUT: Final = "CDK_OUTDIR"  # set by the CDK's command line
# Findings, which are printed by then, and what our own code says from within a bundle.
_FORESEEN: Final = re.compile(r"Validation failed.*|Failed to bundle asset .*RuntimeError: (.*)")
# What its command line sets, so that the templates are the same without it; and no traces, whose paths are random.
_ALWAYS: Final = {
    "aws:cdk:enable-path-metadata": True,
    "aws:cdk:enable-asset-metadata": True,
    "aws:cdk:disable-creation-stack-traces": True,
}


def main(words: Sequence[str], environ: Mapping[str, str]) -> int:
    """Write the templates, or say in one sentence why not."""
    os.chdir(ROOT)  # what the templates say of paths is then the same from wherever this is called
    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    try:
        app = App(context={**context, **_ALWAYS, **_said(words)}, outdir=environ.get(_OUTPUT, "cdk.out"))
        Root(app, choices=Choices.of(app.node.get_all_context()))
        validate(app)
        folder = app.synth().directory
    except ChoiceError as error:
        return _fail(str(error), 2)
    except BundleError as error:
        return _fail(str(error), 1)
    except RuntimeError as error:  # what the CDK raises; a trace of its inside helps nobody
        if foreseen := _FORESEEN.search(str(error)):
            return _fail(foreseen[1] or foreseen[0], 1)
        raise
    if _OUTPUT not in environ:
        sys.stdout.write(_summary(Path(folder)))
    return 0


def _said(words: Sequence[str]) -> dict[str, Any]:
    """Read `-c key=value` as the CDK's command line does, for whoever calls this without it."""
    parser = ArgumentParser(prog="python app.py", description="Writes the CloudFormation templates to cdk.out.")
    parser.add_argument("-c", "--context", action="append", default=[], metavar="KEY=VALUE", help="a choice")
    pairs = [said.partition("=") for said in parser.parse_args(words).context]
    if bare := [key for key, equals, _ in pairs if not equals]:
        raise ChoiceError(f"-c {bare[0]} chooses nothing: write -c {bare[0]}=... with its value")
    return {key: value for key, _, value in pairs}


def _fail(sentence: str, code: int) -> int:
    sys.stderr.write(f"app: {sentence}\n")
    return code


def _summary(folder: Path) -> str:
    templates = sorted(folder.glob("*.template.json"))
    resources = sum(len(json.loads(template.read_text())["Resources"]) for template in templates)
    return f"{len(templates)} templates with {resources} resources in {folder}\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
