"""`longhand cost`: what a profile costs a month, and what documents cost."""

from collections.abc import Iterable

from pydantic import JsonValue

from ops.document_costs import DEFAULT_ASSUMPTIONS, estimate_costs
from ops.exit_codes import ExitCode
from ops.programs import Programs
from ops.screen import Screen
from ops.synthesis import synthesize
from ops.target_options import AccountOptions
from ops.worker_config import WorkerConfig
from pricing.idle import Cost, sum_dollars

from .options import AsJson, CdkContext, ProfileOption, default_choice, merge_choices


def cost(*, profile: ProfileOption = None, context: CdkContext = None, as_json: AsJson = False) -> int:
    """Show what a profile costs a month when idle, and what 1,000 documents cost, from its templates and a price table.

    Needs no AWS account. Prices have a date; taxes, traffic to the internet and free tiers are not in it.

    For example:

      longhand cost

      longhand cost -c ocr=textract -c analyzer=bedrock:amazon.nova-lite-v1:0 -c llmPrices=0.06,0.24

      longhand cost --profile production --json
    """
    screen, name = Screen.open(), profile or default_choice("profile")
    with synthesize(Programs(AccountOptions()), merge_choices(context, profile=profile), code=False) as made:
        chosen, idle, about = WorkerConfig.of(made.templates), made.idle(), made.prices.source
        used, assumed = estimate_costs(chosen, made.prices), list(DEFAULT_ASSUMPTIONS.lines(chosen))
    if as_json:
        screen.print_json(_plain(name, about, idle, used, assumed))
        return ExitCode.OK
    screen.print_line(f"Profile {name}: a month when idle, in US dollars", "bold")
    _table(screen, idle)
    screen.print_line("1,000 documents on top of it, in US dollars", "bold")
    _table(screen, used)
    screen.print_line("Assumed", "bold")
    for line in (*assumed, about):
        screen.print_line(f"  {line}")
    return ExitCode.OK


def _table(screen: Screen, costs: list[Cost]) -> None:
    rows = [[f"{each.dollars:10.3f}", each.description, each.resource] for each in costs]
    screen.print_table([*rows, [f"{sum_dollars(costs):10.3f}", "in all"]])


def _plain(profile: str, about: str, idle: list[Cost], used: list[Cost], assumed: list[str]) -> JsonValue:
    def each(costs: Iterable[Cost]) -> list[JsonValue]:
        return [{"resource": it.resource, "dollars": round(it.dollars, 4), "what": it.description} for it in costs]

    return {
        "profile": profile,
        "prices": about,
        "monthly": round(sum_dollars(idle), 2),
        "idle": each(idle),
        "perThousandDocuments": round(sum_dollars(used), 4),
        "usage": each(used),
        "assumed": [*assumed],
    }
