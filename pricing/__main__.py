"""python -m pricing FOLDER: the idle cost of what is synthesized there."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from .idle import idle_costs, read_templates, total
from .table import Prices, UnknownPriceError


def main(words: Sequence[str]) -> int:
    """Print it; what stands in the way is one sentence."""
    parser = argparse.ArgumentParser(prog="python -m pricing", description="Prints what a synthesized app costs idle.")
    parser.add_argument("folder", nargs="?", type=Path, default="cdk.out", help="where it is (default %(default)s)")
    prices = Prices.read()
    try:
        costs = idle_costs(read_templates(parser.parse_args(words).folder), prices)
    except (FileNotFoundError, UnknownPriceError) as error:
        sys.stderr.write(f"pricing: {error}\n")
        return 1
    lines = [f"{cost.dollars:9.2f}  {cost.what:40} {cost.resource}" for cost in costs if cost.dollars]
    lines.append(f"{total(costs):9.2f}  USD a month while nothing happens ({prices.about})")
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
