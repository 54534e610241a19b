"""Runs the CDK app to write its templates into a temporary folder, and computes their idle cost."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from pricing.idle import Cost, Resources, idle_costs, list_roots, read_templates
from pricing.table import Prices, UnknownPriceError

from .deployed_choices import Choices, read_template_choices
from .errors import UserError
from .exit_codes import ExitCode
from .programs import Programs

_APP_PREFIX: Final = "app: "  # starts the app's own error messages
_NO_BUNDLES: Final = '{"aws:cdk:bundling-stacks": []}'  # the CDK's switch for bundling nothing
_EXCEPTION_PREFIX: Final = "RuntimeError: "
_MAX_MESSAGE_CHARACTERS: Final = 300


class Synthesis:
    """The templates that a deployment would use."""

    def __init__(self, templates: list[Resources], prices: Prices, folder: Path) -> None:
        self.templates: Final = templates
        self.prices: Final = prices
        self.folder: Final = folder

    @property
    def choices(self) -> Choices:
        """All choices, as the stack's parameters would record them."""
        [root] = list_roots(self.folder)
        return read_template_choices(json.loads(root.read_text()))

    def list_idle_costs(self) -> list[Cost]:
        """Return what costs money while no job runs, the most expensive first."""
        try:
            return [cost for cost in idle_costs(self.templates, self.prices) if cost.dollars]
        except UnknownPriceError as error:
            raise UserError(ExitCode.SOFTWARE, f"the price table does not fit the templates ({error})") from error


@contextmanager
def synthesize(programs: Programs, context: Sequence[str], *, bundles: bool = True) -> Iterator[Synthesis]:
    """Write the templates for the duration of the block; an invalid choice raises the app's own message.

    Without `bundles` the functions' code is left out: that needs no network, and a third of the time.
    """
    environ = {} if bundles else {"CDK_CONTEXT_JSON": _NO_BUNDLES}
    options = [word for choice in context for word in ("-c", choice)]
    with TemporaryDirectory(prefix="longhand-") as folder:
        done = programs.run_app(*options, CDK_OUTDIR=folder, **environ)
        if done.returncode:
            raise _explain_failure(done.stderr)
        yield Synthesis(read_templates(Path(folder)), Prices.read(), Path(folder))


def _explain_failure(stderr: str) -> UserError:
    lines = [line for line in stderr.splitlines() if line.strip()] or [""]
    for line in reversed(lines):
        if line.startswith(_APP_PREFIX):
            return UserError(ExitCode.CONFIG, line.removeprefix(_APP_PREFIX))
    # The CDK appends the message of our exception to its own last line.
    reason = lines[-1].rpartition(_EXCEPTION_PREFIX)[2].strip()[:_MAX_MESSAGE_CHARACTERS]
    return UserError(ExitCode.CONFIG, f"the CDK app failed ({reason})", "run python app.py to see all of its output")
