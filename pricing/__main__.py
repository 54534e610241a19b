"""`python -m pricing FOLDER` prints the idle cost of the app that was synthesized there."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from .idle import busy_metrics_cost, idle_costs, read_templates, sum_dollars
from .table import Prices, UnknownPriceError


def main(arguments: Sequence[str]) -> int:
    """Print the costs, or in one sentence why there are none."""
    parser = argparse.ArgumentParser(prog="python -m pricing", description="Prints what a synthesized app costs idle.")
    parser.add_argument(
        "folder", nargs="?", type=Path, default="cdk.out", help="the folder of the templates (default %(default)s)"
    )
    prices = Prices.read()
    try:
        templates = read_templates(parser.parse_args(arguments).folder)
        costs = idle_costs(templates, prices)
    except (FileNotFoundError, UnknownPriceError) as error:
        sys.stderr.write(f"pricing: {error}\n")
        return 1
    lines = [f"{cost.dollars:9.2f}  {cost.description:40} {cost.resource}" for cost in costs if cost.dollars]
    lines.append(f"{sum_dollars(costs):9.2f}  USD a month without any work ({prices.source})")
    busy = busy_metrics_cost(templates, prices)
    lines.append(f"{busy.dollars:9.2f}  USD more once every kind of document is processed: {busy.description}")
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
