"""The worker's size, OCR engine and analyzer, read from the synthesized templates."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from contract.engines import AnalyzerKind, OcrEngine
from pricing.idle import Resources

from .errors import UserError
from .exit_codes import ExitCode

_ARCHITECTURES: Final = {"ARM64": "arm64", "X86_64": "x86_64"}


@dataclass(frozen=True, kw_only=True)
class WorkerConfig:
    """One worker task."""

    processors: float
    gigabytes: float
    architecture: str
    ocr_engine: OcrEngine
    model: str | None = None  # None: the analyzer needs no model
    token_prices: tuple[float, float] | None = None  # dollars per million input and output tokens

    @classmethod
    def find(cls, templates: list[Resources]) -> Self:
        """Return the configuration of the container named Worker."""
        task, environment = _find_worker(templates)
        analyzer, prices = environment.get("ANALYZER", AnalyzerKind.EXTRACTIVE), environment.get("LLM_PRICES")
        return cls(
            processors=int(task["Cpu"]) / 1024,
            gigabytes=int(task["Memory"]) / 1024,
            architecture=_ARCHITECTURES[task["RuntimePlatform"]["CpuArchitecture"]],
            ocr_engine=OcrEngine(environment.get("OCR_ENGINE", OcrEngine.RAPIDOCR)),
            model=None if analyzer == AnalyzerKind.EXTRACTIVE else analyzer,
            token_prices=_parse_prices(prices) if prices else None,
        )


def _find_worker(templates: list[Resources]) -> tuple[Mapping[str, Any], dict[str, str]]:
    for resources in templates:
        for resource in resources.values():
            if resource["Type"] == "AWS::ECS::TaskDefinition":
                task: Mapping[str, Any] = resource["Properties"]
                for container in task["ContainerDefinitions"]:
                    if container.get("Name") == "Worker":
                        return task, {each["Name"]: each["Value"] for each in container.get("Environment", ())}
    raise UserError(ExitCode.SOFTWARE, "the templates contain no worker")


def _parse_prices(prices: str) -> tuple[float, float]:
    in_price, out_price = prices.split(",")
    return float(in_price), float(out_price)
