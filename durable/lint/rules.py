"""The rules: what is wrong, and what to write instead. docs/lint.md has a section for each."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Rule:
    """A kind of mistake."""

    code: str
    problem: str  # continues a sentence that begins with the function
    instead: str


_ALL: Final = (
    Rule("D00", "has a comment that allows nothing", "write '# durable: allow D05 reason' where D05 is found"),
    Rule("D01", "reads the clock, and each replay reads another time", "read it in a step, and use its result"),
    Rule("D02", "uses chance, and each replay draws another value", "draw it in a step, and use its result"),
    Rule("D03", "does I/O, and each replay does it again", "do it in a step"),
    Rule(
        "D04",
        "reads its environment, which differs between workers",
        "pass it as an argument, or read it in a step",
    ),
    Rule(
        "D05",
        "changes state outside of the body, which another worker does not have",
        "keep it in a local variable, or in the result of a step",
    ),
    Rule("D06", "does not await a durable call", "await it, now or later in the body"),
    Rule(
        "D07",
        "is a step that changes variables of the body, which a replay does not repeat",
        "return the value from the step",
    ),
    Rule(
        "D08",
        "blocks the event loop, and with it the heartbeats of the worker",
        "use an async library, or await asyncio.to_thread(...) in a step",
    ),
    Rule("D09", "is not async", "write 'async def'"),
    Rule(
        "D10",
        "uses a context inside a step, and each attempt would make its calls again",
        "make the calls in the workflow",
    ),
    Rule(
        "D11",
        "has no version, so a change of its steps cannot be told from the code before",
        "write 'version=1', and raise it with each change",
    ),
    Rule(
        "D12",
        "waits for something that is not a promise of the job",
        "use ctx.sleep, ctx.promise or a combinator, or wait in a step",
    ),
    Rule("D13", "uses the order of a set, which differs between processes", "use sorted(...), or a list or dict"),
    Rule("D14", "catches what the worker raises to suspend or stop it", "catch Exception"),
    Rule(
        "D15",
        "lacks an annotation, by which a worker rebuilds values from the record",
        "annotate each parameter and the result",
    ),
    Rule(
        "D16",
        "runs several sequences of calls on one context, and the order of their calls is chance",
        "make each sequence a workflow, and gather ctx.run(workflow, ...)",
    ),
    Rule(
        "D17",
        "makes a durable call in 'finally', which also runs whenever the body is suspended",
        "make it after the block, and in 'except Exception'",
    ),
    Rule("D18", "logs, and each replay logs it again", "use 'job_log', or log in a step"),
)
RULES: Final = {rule.code: rule for rule in _ALL}


@dataclass(frozen=True, order=True)
class Finding:
    """A place in the source, and the rule that it breaks."""

    path: str
    line: int
    column: int
    code: str
    function: str
    detail: str  # the code in question

    def __str__(self) -> str:
        rule = RULES[self.code]
        place = f"{self.path}:{self.line}:{self.column}"
        return f"{place}: {self.code} {self.function} {rule.problem} ({self.detail}); {rule.instead}"
