"""What is chosen of the work on documents, as the template's worker is told."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from pricing.idle import Resources

from .errors import UserError
from .exit_codes import ExitCode

_MACHINES: Final = {"ARM64": "arm64", "X86_64": "x86_64"}
_EXTRACTIVE: Final = "extractive"


@dataclass(frozen=True, kw_only=True)
class WorkerConfig:
    """A worker's task, and who does the work for it."""

    processors: float
    gigabytes: float
    machine: str
    recognition: str
    model: str | None = None  # None: nobody is asked
    token_prices: tuple[float, float] | None = None  # dollars for a million read, and written

    @classmethod
    def of(cls, templates: list[Resources]) -> Self:
        """Find the worker."""
        task, told = _worker(templates)
        analyzer, prices = told.get("ANALYZER", _EXTRACTIVE), told.get("LLM_PRICES")
        return cls(
            processors=int(task["Cpu"]) / 1024,
            gigabytes=int(task["Memory"]) / 1024,
            machine=_MACHINES[task["RuntimePlatform"]["CpuArchitecture"]],
            recognition=told.get("OCR_ENGINE", "rapidocr"),
            model=None if analyzer == _EXTRACTIVE else analyzer,
            token_prices=_pair(prices) if prices else None,
        )


def _worker(templates: list[Resources]) -> tuple[Mapping[str, Any], dict[str, str]]:
    for resources in templates:
        for resource in resources.values():
            if resource["Type"] == "AWS::ECS::TaskDefinition":
                task: Mapping[str, Any] = resource["Properties"]
                for container in task["ContainerDefinitions"]:
                    if container.get("Name") == "Worker":
                        return task, {one["Name"]: one["Value"] for one in container.get("Environment", ())}
    raise UserError(ExitCode.SOFTWARE, "the templates have no worker")


def _pair(prices: str) -> tuple[float, float]:
    read, written = prices.split(",")
    return float(read), float(written)
