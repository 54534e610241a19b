"""`longhand cost`: what a profile costs per month, and what documents cost."""

from collections.abc import Iterable
from typing import Final

from pydantic import JsonValue

from ops.document_costs import DEFAULT_ASSUMPTIONS, estimate_costs
from ops.exit_codes import ExitCode
from ops.programs import Programs
from ops.screen import Screen
from ops.synthesis import synthesize
from ops.target_options import AccountOptions
from ops.worker_config import WorkerConfig
from pricing.idle import Cost, sum_dollars

from .options import AsJson, CdkContext, Profile, ProfileOption, merge_context, read_default

_NO_RECIPIENT: Final = "alarmEmail=none"  # which costs nothing, and which production requires


def cost(*, profile: ProfileOption = None, context: CdkContext = None, as_json: AsJson = False) -> int:
    """Show the monthly cost of an idle stack, and the cost of 1,000 documents, from its templates and a price table.

    Needs no AWS account. Prices carry a date; taxes, internet traffic and free tiers are not included.

    For example:

      longhand cost

      longhand cost -c ocr=textract -c analyzer=bedrock:amazon.nova-lite-v1:0 -c llmPrices=0.06,0.24

      longhand cost --profile production --json
    """
    screen, name = Screen.open(), profile or read_default("profile")
    with synthesize(Programs(AccountOptions()), _complete(context, profile), bundles=False) as synthesis:
        worker, idle = WorkerConfig.find(synthesis.templates), synthesis.list_idle_costs()
        prices, about = synthesis.prices, synthesis.prices.source
    usage, assumptions = estimate_costs(worker, prices), list(DEFAULT_ASSUMPTIONS.describe(worker))
    if as_json:
        screen.print_json(_encode(name, about, idle, usage, assumptions))
        return ExitCode.OK
    screen.print_line(f"Profile {name}: idle cost per month, in US dollars", "bold")
    _print_costs(screen, idle)
    screen.print_line("1,000 documents: cost on top, in US dollars", "bold")
    _print_costs(screen, usage)
    screen.print_line("Assumptions", "bold")
    for line in (*assumptions, about):
        screen.print_line(f"  {line}")
    return ExitCode.OK


def _complete(context: CdkContext, profile: Profile | None) -> list[str]:
    choices = merge_context(context, profile=profile)
    return [_NO_RECIPIENT, *choices] if profile is Profile.PRODUCTION else choices


def _print_costs(screen: Screen, costs: list[Cost]) -> None:
    rows = [[f"{each.dollars:10.3f}", each.description, each.resource] for each in costs]
    screen.print_table([*rows, [f"{sum_dollars(costs):10.3f}", "total"]])


def _encode(profile: str, about: str, idle: list[Cost], usage: list[Cost], assumptions: list[str]) -> JsonValue:
    def encode_all(costs: Iterable[Cost]) -> list[JsonValue]:
        return [
            {"resource": each.resource, "dollars": round(each.dollars, 4), "what": each.description} for each in costs
        ]

    return {
        "profile": profile,
        "prices": about,
        "monthly": round(sum_dollars(idle), 2),
        "idle": encode_all(idle),
        "perThousandDocuments": round(sum_dollars(usage), 4),
        "usage": encode_all(usage),
        "assumed": [*assumptions],
    }
