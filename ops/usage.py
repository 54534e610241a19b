"""What 1,000 documents cost beside what is paid while nothing happens, under assumptions that are said with it.

List prices of us-east-1, written down by hand with those of the table in `pricing`; free tiers are not taken off.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pricing.idle import Cost, Resources
from pricing.table import HOURS, Prices

from .exits import Exit
from .faults import Fault

_THOUSAND: Final = 1_000
_HOUR: Final = 3_600
_MACHINES: Final = {"ARM64": "arm64", "X86_64": "x86_64"}


@dataclass(frozen=True, kw_only=True)
class Assumptions:
    """What a document is like, and what it makes our parts do."""

    pages: int = 5
    scanned: float = 0.5  # of the documents
    megabytes: float = 1.0
    polls: int = 10  # questions for its status
    seconds_digital: float = 0.5  # of one processor; see docs/figures.md
    seconds_scanned_page: float = 3.0  # of one processor, for recognition
    puts: int = 12  # objects written: document, text, result, journal
    gets: int = 30
    log_kilobytes: float = 10.0
    months: float = 2.0  # that objects are kept
    function_seconds: float = 0.02  # of a request
    function_gigabytes: float = 0.25

    def lines(self) -> Iterator[str]:
        """Say them."""
        yield f"a document has {self.pages} pages and {self.megabytes:g} MB, {self.scanned:.0%} are scanned"
        seconds = (
            f"{self.seconds_digital:g} s of a processor, and {self.seconds_scanned_page:g} s for each scanned page"
        )
        yield f"it takes {seconds}"
        yield f"its status is asked for {self.polls} times; {self.puts} objects are written and {self.gets} read"
        yield f"objects are kept for {self.months:g} months; {self.log_kilobytes:g} kB of log lines are written"
        yield "a worker's time is paid anyway while it would be idle: it costs more only when more workers are started"


USUAL: Final = Assumptions()

# Dollars; a million requests where nothing else is said.
_API: Final = 1.00
_FUNCTION: Final = 0.20
_FUNCTION_GIGABYTE_SECOND: Final = 0.0000133334  # on ARM
_NOTICE: Final = 0.50
_PUT: Final = 5.00
_GET: Final = 0.40
_STORED_GIGABYTE: Final = 0.023  # a month
_LOG_GIGABYTE: Final = 0.50


def per_thousand(templates: list[Resources], prices: Prices, assumed: Assumptions = USUAL) -> list[Cost]:
    """Return what 1,000 documents cost, by what is used."""
    requests = _THOUSAND * (1 + assumed.polls)
    held = requests * assumed.function_seconds * assumed.function_gigabytes
    work = assumed.seconds_digital + assumed.scanned * assumed.pages * assumed.seconds_scanned_page
    used = {
        "workers": (
            _worker_second(templates, prices) * work * _THOUSAND,
            f"{work * _THOUSAND / _HOUR:.1f} processor hours",
        ),
        "api": (_API * requests / 1e6, f"{requests:,} requests"),
        "function": (_FUNCTION * requests / 1e6 + _FUNCTION_GIGABYTE_SECOND * held, f"{held:,.0f} GB seconds"),
        "objects": ((_PUT * assumed.puts + _GET * assumed.gets) * _THOUSAND / 1e6, "writing and reading"),
        "storage": (_STORED_GIGABYTE * assumed.megabytes * assumed.months, f"{assumed.megabytes:g} GB"),
        "notices": (_NOTICE * _THOUSAND / 1e6, f"{_THOUSAND:,} notices"),
        "logs": (_LOG_GIGABYTE * assumed.log_kilobytes / _THOUSAND, f"{assumed.log_kilobytes:g} MB"),
    }
    return [Cost(resource=name, kind="usage", dollars=dollars, what=what) for name, (dollars, what) in used.items()]


def _worker_second(templates: list[Resources], prices: Prices) -> float:
    """What a processor of a worker costs a second, with the memory that comes with it, at the list price."""
    task = _worker(templates)
    cpu, gigabytes = int(task["Cpu"]) / 1024, int(task["Memory"]) / 1024
    machine = _MACHINES[task["RuntimePlatform"]["CpuArchitecture"]]
    month = cpu * prices.by_hour(f"fargate {machine} cpu") + gigabytes * prices.by_hour(f"fargate {machine} gigabyte")
    return month / (HOURS * _HOUR) / cpu


def _worker(templates: list[Resources]) -> Mapping[str, Any]:
    for resources in templates:
        for resource in resources.values():
            if resource["Type"] == "AWS::ECS::TaskDefinition":
                task: Mapping[str, Any] = resource["Properties"]
                if any(container.get("Name") == "Worker" for container in task["ContainerDefinitions"]):
                    return task
    raise Fault(Exit.SOFTWARE, "the templates have no worker")
