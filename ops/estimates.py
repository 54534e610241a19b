"""Prints the estimate of a job, with the assumptions that it rests on."""

from collections.abc import Iterator

from pydantic import ValidationError

from contract.answers import DryRun, Failed
from contract.costs import Estimate
from contract.usage import Usage

from .errors import UserError
from .exit_codes import ExitCode
from .screen import Screen


def print_estimate(screen: Screen, answer: DryRun | Failed, *, as_json: bool) -> ExitCode:
    """Print it and return the exit code: a job that would fail gets the code of a failed one."""
    code = ExitCode.FAILED if isinstance(answer, Failed) else ExitCode.OK
    if as_json:
        screen.print_json(answer.to_dict())
    elif isinstance(answer, Failed):
        step = f", in step {answer.error.step}" if answer.error.step else ""
        screen.print_line(f"{answer.job_id}: would fail{step}; nothing was started", "red")
        screen.print_pairs({"  code": answer.error.code, "  message": answer.error.message})
    else:
        estimate = _parse(answer)
        outcome = "wait for a higher cost limit" if estimate.would_wait else "succeed"
        color = "yellow" if estimate.would_wait else "green"
        screen.print_line(f"{answer.job_id}: would {outcome}; nothing was started", color)
        screen.print_table(list(_list_rows(estimate)))
    return code


def _parse(answer: DryRun) -> Estimate:
    try:
        return Estimate.model_validate(answer.estimate)
    except ValidationError as error:
        sentence = "the estimate has a format that this program does not know"
        raise UserError(ExitCode.CONFIG, sentence, "print it with --json") from error


def _list_rows(estimate: Estimate) -> Iterator[tuple[str, str]]:
    yield "  type", estimate.media_type.name.lower()
    yield "  pages", f"{estimate.pages}, {estimate.ocr_pages} of them need OCR"
    yield "  time", f"{estimate.seconds:.1f} s"
    yield (
        "  cost",
        "unknown: the model has no price" if estimate.cost_usd is None else format_dollars(estimate.cost_usd),
    )
    for each in estimate.steps:
        yield f"    {each.step}", _format_usage(each.usage)
    for number, sentence in enumerate(estimate.assumptions):
        yield "" if number else "  assumed", sentence


def format_dollars(amount: float) -> str:
    """Return an amount; below a dollar with four decimals, so that a fraction of a cent is not shown as zero."""
    return f"{amount:.2f} USD" if amount == 0 or amount >= 1 else f"{amount:.4f} USD"


def _format_usage(usage: Usage) -> str:
    tokens = usage.input_tokens + usage.output_tokens
    parts = [f"{usage.seconds:.1f} s"]
    parts += [f"{usage.pages} pages"] if usage.pages else []
    parts += [f"{tokens} tokens"] if tokens else []
    parts += [format_dollars(usage.cost_usd)] if usage.cost_usd else []
    return ", ".join(parts)
