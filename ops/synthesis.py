"""The templates of a profile, as the CDK app writes them, in a folder of their own; and what they cost while idle."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from pricing.idle import Cost, Resources, idle_costs, read_templates
from pricing.table import Prices, UnknownPriceError

from .errors import UserError
from .exit_codes import ExitCode
from .programs import Programs

_SAYS: Final = "app: "  # how its own sentences begin
_NO_CODE: Final = '{"aws:cdk:bundling-stacks": []}'  # what the CDK looks for
_RAISES: Final = "RuntimeError: "
_LONGEST: Final = 300  # characters of another one


class Synthesis:
    """What would be deployed."""

    def __init__(self, templates: list[Resources], prices: Prices, folder: Path) -> None:
        self.templates: Final = templates
        self.prices: Final = prices
        self.folder: Final = folder

    def idle(self) -> list[Cost]:
        """Return what costs something while nothing happens, the dearest first."""
        try:
            return [cost for cost in idle_costs(self.templates, self.prices) if cost.dollars]
        except UnknownPriceError as error:
            raise UserError(ExitCode.SOFTWARE, f"the price table does not fit the templates ({error})") from error


@contextmanager
def synthesize(programs: Programs, context: Sequence[str], *, code: bool = True) -> Iterator[Synthesis]:
    """Have the app write its templates, for as long as they are used; what it refuses is said in its own sentence.

    Without `code` the functions' bundles are left out, which needs no network and a third of the time.
    """
    environ = {} if code else {"CDK_CONTEXT_JSON": _NO_CODE}
    chosen = [word for each in context for word in ("-c", each)]
    with TemporaryDirectory(prefix="longhand-") as folder:
        done = programs.run([sys.executable, "app.py", *chosen], CDK_OUTDIR=folder, **environ)
        if done.returncode:
            raise _refusal(done.stderr)
        yield Synthesis(read_templates(Path(folder)), Prices.read(), Path(folder))


def _refusal(said: str) -> UserError:
    lines = [line for line in said.splitlines() if line.strip()] or [""]
    for line in reversed(lines):
        if line.startswith(_SAYS):
            return UserError(ExitCode.CONFIG, line.removeprefix(_SAYS))
    why = lines[-1].rpartition(_RAISES)[2].strip()[:_LONGEST]  # the CDK puts what our code raised at the end of its own
    return UserError(ExitCode.CONFIG, f"the CDK app failed ({why})", "python app.py says more")
