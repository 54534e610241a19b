"""What a job would take, on the screen. It says what was guessed along with it."""

from collections.abc import Iterator

from pydantic import ValidationError

from contract.answers import DryRun, Failed
from contract.costs import Estimate
from contract.use import Use

from .errors import UserError
from .exit_codes import ExitCode
from .screen import Screen


def print_estimate(screen: Screen, answer: DryRun | Failed, *, as_json: bool) -> ExitCode:
    """Print it and return the exit code: a job that would fail is told as one that has."""
    code = ExitCode.FAILED if isinstance(answer, Failed) else ExitCode.OK
    if as_json:
        screen.print_json(answer.model_dump(mode="json", exclude_none=True))
    elif isinstance(answer, Failed):
        step = f", in step {answer.error.step}" if answer.error.step else ""
        screen.print_line(f"{answer.job_id}: would fail{step}; nothing was started", "red")
        screen.print_pairs({"  code": answer.error.code, "  message": answer.error.message})
    else:
        estimate = _read(answer)
        would = "wait for somebody to raise its limit" if estimate.would_wait else "be done"
        color = "yellow" if estimate.would_wait else "green"
        screen.print_line(f"{answer.job_id}: would {would}; nothing was started", color)
        screen.print_table(list(_told(estimate)))
    return code


def _read(answer: DryRun) -> Estimate:
    try:
        return Estimate.model_validate(answer.estimate)
    except ValidationError as error:
        raise UserError(
            ExitCode.CONFIG, "the estimate is not one that this program knows", "see it with --json"
        ) from error


def _told(estimate: Estimate) -> Iterator[tuple[str, str]]:
    yield "  type", estimate.media_type.name.lower()
    yield "  pages", f"{estimate.pages}, {estimate.pages_to_recognize} of them to recognize"
    yield "  time", f"{estimate.seconds:.1f} s"
    yield "  cost", "unknown: nobody knows the price" if estimate.cost_usd is None else dollars(estimate.cost_usd)
    for each in estimate.steps:
        yield f"    {each.step}", _used(each.use)
    for number, sentence in enumerate(estimate.assumptions):
        yield "" if number else "  assumed", sentence


def dollars(amount: float) -> str:
    """Say an amount; what is less than a cent is no nothing."""
    return f"{amount:.2f} USD" if amount == 0 or amount >= 1 else f"{amount:.4f} USD"


def _used(use: Use) -> str:
    tokens = use.input_tokens + use.output_tokens
    parts = [f"{use.seconds:.1f} s"]
    parts += [f"{use.pages} pages"] if use.pages else []
    parts += [f"{tokens} tokens"] if tokens else []
    parts += [dollars(use.cost_usd)] if use.cost_usd else []
    return ", ".join(parts)
