"""The CDK app. `cdk` runs it as cdk.json says; `make synth` runs it without the CDK's command line.

It needs no AWS account: the templates leave values that depend on one to CloudFormation.
"""

import json
import os
import re
import sys
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from stacks.bundle import BundleError
from stacks.choice_values import ChoiceError
from stacks.choices import Choices

ROOT: Final = Path(__file__).resolve().parent
_OUTPUT_VARIABLE: Final = "CDK_OUTDIR"  # the CDK's command line sets it
_CONTEXT_VARIABLE: Final = "CDK_CONTEXT_JSON"  # as above
# Errors with a message for the operator: findings, which the CDK has printed before, and errors of bundles.
_OPERATOR_ERROR: Final = re.compile(r"Validation failed.*|Failed to bundle asset .*RuntimeError: (.*)")
# The CDK's command line sets the first two, so templates are equal without it. Traces would hold random paths.
_CDK_CONTEXT: Final = {
    "aws:cdk:enable-path-metadata": True,
    "aws:cdk:enable-asset-metadata": True,
    "aws:cdk:disable-creation-stack-traces": True,
}


def main(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Write the templates, or print in one sentence why not."""
    os.chdir(ROOT)  # so the paths in the templates do not depend on the caller's folder
    context = json.loads((ROOT / "cdk.json").read_text())["context"] | _CDK_CONTEXT
    try:
        context |= _parse_context(arguments) | json.loads(environ.get(_CONTEXT_VARIABLE, "{}"))
        return _synthesize(Choices.of(context), context, environ)
    except ChoiceError as error:
        return _fail(str(error), 2)


def _synthesize(choices: Choices, context: Mapping[str, Any], environ: Mapping[str, str]) -> int:
    """Load the CDK, which takes more than a second: an invalid choice is reported before."""
    from aws_cdk import App  # noqa: PLC0415 - as said, and after `stacks`, which chooses its Node

    from stacks.root import Root  # noqa: PLC0415 - as above
    from stacks.validation import validate  # noqa: PLC0415 - as above

    try:
        app = App(context=context, outdir=environ.get(_OUTPUT_VARIABLE, "cdk.out"))
        Root(app, choices=choices)
        validate(app, cells=len(choices.layout.cells))
        folder = app.synth().directory
    except BundleError as error:
        return _fail(str(error), 1)
    except RuntimeError as error:  # the CDK's; a trace of its internals does not help the operator
        if match := _OPERATOR_ERROR.search(str(error)):
            return _fail(match[1] or match[0], 1)
        raise
    if _OUTPUT_VARIABLE not in environ:
        sys.stdout.write(_summarize(Path(folder)))
    return 0


def _parse_context(arguments: Sequence[str]) -> dict[str, Any]:
    """Parse `-c key=value` as the CDK's command line does, for a run without it."""
    parser = ArgumentParser(prog="python app.py", description="Writes the CloudFormation templates to cdk.out.")
    parser.add_argument("-c", "--context", action="append", default=[], metavar="KEY=VALUE", help="a choice")
    pairs = [argument.partition("=") for argument in parser.parse_args(arguments).context]
    if keys := [key for key, equals, _ in pairs if not equals]:
        raise ChoiceError(f"-c {keys[0]} needs a value: write -c {keys[0]}=...")
    return {key: value for key, _, value in pairs}


def _fail(sentence: str, exit_code: int) -> int:
    sys.stderr.write(f"app: {sentence}\n")
    return exit_code


def _summarize(folder: Path) -> str:
    templates = sorted(folder.glob("*.template.json"))
    resources = sum(len(json.loads(template.read_text())["Resources"]) for template in templates)
    return f"{len(templates)} templates with {resources} resources in {folder}\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
