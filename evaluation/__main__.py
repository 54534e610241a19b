"""python -m evaluation [DATA]: compares what is found in documents with what is true, and prints and writes the score.

Without a folder it makes one. It stops at nothing: a document that fails counts as one in which nothing was found.
"""

import argparse
import asyncio
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from worker.analysis.choice import AnalyzerChoice, ChoiceError
from worker.analysis.extractive import NAME
from worker.store import Store

from .cases import Case, CaseError, cases_in
from .own.making import SEED, make
from .running import run
from .scores import CaseScore, Score, score
from .table import table

_STATE: Final = Path(".state/evaluation")
_AT_ONCE: Final = 4


def main() -> None:
    """Evaluate; what stands in the way is one sentence and exit code 2."""
    words = _words()
    try:
        with TemporaryDirectory(prefix="evaluation-") as made:
            if words.data is None:
                make(Path(made), words.seed)
            result = asyncio.run(_score(list(cases_in(words.data or Path(made))), _choice(words)))
    except (CaseError, ChoiceError) as error:
        sys.stderr.write(f"evaluation: {error}\n")
        raise SystemExit(2) from None
    words.json.parent.mkdir(parents=True, exist_ok=True)
    words.json.write_text(result.model_dump_json(indent=1))
    sys.stdout.write(f"{table(result)}\n\nall of it: {words.json}\n")


def _words() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m evaluation", description=__doc__, allow_abbrev=False)
    parser.add_argument("data", nargs="?", type=Path, help="a folder with documents and the truth beside each")
    parser.add_argument("--analyzer", default=NAME, help=f"{NAME}, bedrock:<model id> or openai:<model>")
    parser.add_argument("--base-url", help="of a server that speaks OpenAI's protocol; its key is in LLM_API_KEY")
    parser.add_argument("--types", type=Path, help="a folder with types of documents of your own")
    parser.add_argument("--json", type=Path, default=_STATE / "score.json", help="where to write everything")
    parser.add_argument("--seed", type=int, default=SEED, help="makes another set than the usual one")
    return parser.parse_args()


def _choice(words: argparse.Namespace) -> AnalyzerChoice:
    key = os.environ.get("LLM_API_KEY")
    return AnalyzerChoice(name=words.analyzer, base_url=words.base_url, api_key=key, types=words.types)


async def _score(cases: list[Case], choice: AnalyzerChoice) -> Score:
    store = Store.open((_STATE / "store").absolute().as_uri())  # what a model was paid for is not paid again
    analyzer, slots = choice.open(store), asyncio.Semaphore(_AT_ONCE)

    async def one(case: Case) -> CaseScore:
        async with slots:
            return await run(case, analyzer)

    return score(choice.name, await asyncio.gather(*map(one, cases)))


if __name__ == "__main__":
    main()
