"""Compare the values found in documents with their known values; print the score and write it to a file.

Without a folder, it generates documents in several languages, some of them a second time as scans. A document that
fails counts as one without findings.
"""

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from contract.engines import AnalyzerKind, OcrEngine
from worker.adapters.object_store import Store
from worker.analysis.analyzer_choice import AnalyzerChoice, ChoiceError
from worker.documents.document_reader import DocumentReader
from worker.documents.ocr_engines import EngineMissingError, choose_engine

from .baseline import BaselineError, find_worse, read_baseline
from .cases import Case, CaseError, cases_in
from .own.document_set import SCANS, SEED, write_documents
from .running import run
from .scores import CaseScore, Score, score
from .table import table

_STATE: Final = Path(".state/evaluation")
_CONCURRENCY: Final = 4
_REPORT_DOCUMENTS: Final = 20  # documents for each line of progress; scans take seconds
# The engines that run locally, the default first.
_ENGINES: Final = (OcrEngine.RAPIDOCR, OcrEngine.TESSERACT, OcrEngine.MIXED)


class _UnwritableError(ValueError):
    """The score cannot be written."""


def main() -> None:
    """Evaluate; an error is one sentence and exit code 2, and a field that got worse is exit code 1."""
    arguments = _parse_arguments()
    try:
        _refuse_unwritable(arguments.json)
        baseline = read_baseline(arguments.baseline) if arguments.baseline else None
        with TemporaryDirectory(prefix="evaluation-") as folder:
            if arguments.data is None:
                write_documents(Path(folder), arguments.seed, scans={} if arguments.digital else SCANS)
            data, begun = arguments.data or Path(folder), time.monotonic()
            cases = list(cases_in(data, ignored=arguments.json, kind=arguments.type))
            evaluate = partial(run, reader=_open_reader(arguments), reads_embedded=not arguments.without_xml)
            result = asyncio.run(_score(cases, evaluate, _choose_analyzer(arguments)))
    except (BaselineError, CaseError, ChoiceError, EngineMissingError, _UnwritableError) as error:
        sys.stderr.write(f"evaluation: {error}\n")
        raise SystemExit(2) from None
    arguments.json.write_text(result.model_dump_json(indent=1))
    seconds = time.monotonic() - begun
    sys.stdout.write(f"{table(result)}\n\n{len(cases)} documents in {seconds:.0f} s; details: {arguments.json}\n")
    if baseline and (worse := list(find_worse(result, baseline))):
        sys.stderr.write("".join(f"evaluation: worse than {arguments.baseline}: {line}\n" for line in worse))
        raise SystemExit(1)


def _refuse_unwritable(file: Path) -> None:
    """Refuse the file before documents are read or paid for. An earlier score stays until the new one is written."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.open("a").close()
    except OSError as error:
        raise _UnwritableError(f"{file} cannot be written ({error.strerror}): name another file with --json") from error


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m evaluation", description=__doc__, allow_abbrev=False)
    parser.add_argument(
        "data",
        nargs="?",
        type=Path,
        help="a folder with documents or folders of them, and beside invoice.pdf an invoice.json with its known values",
    )
    parser.add_argument(
        "--analyzer",
        default=AnalyzerKind.EXTRACTIVE.value,
        help=f"{AnalyzerKind.EXTRACTIVE}, bedrock:<model id> or openai:<model>",
    )
    parser.add_argument("--base-url", help="URL of a server with OpenAI's API; its key is in LLM_API_KEY")
    types = os.environ.get("DOCUMENT_TYPES") or None
    types_help = "folder with your own document types (default: DOCUMENT_TYPES)"
    parser.add_argument("--types", type=Path, default=types, help=types_help)
    parser.add_argument(
        "--json",
        type=Path,
        default=_STATE / "score.json",
        help="file for the score with all details (default %(default)s)",
    )
    parser.add_argument(
        "--ocr-engine",
        choices=[one.value for one in _ENGINES],
        default=_ENGINES[0].value,
        help="OCR engine (default %(default)s); tesseract and mixed need Tesseract's language data (TESSDATA_PREFIX)",
    )
    parser.add_argument("--type", help="type of the documents whose file of known values names none")
    parser.add_argument(
        "--without-xml", action="store_true", help="do not use the invoices that PDFs embed: what the pages alone say"
    )
    parser.add_argument("--baseline", type=Path, help="an earlier --json file: fail if a field got worse")
    parser.add_argument("--digital", action="store_true", help="generate no scans: seconds, not minutes")
    parser.add_argument("--seed", type=int, default=SEED, help="seed of the generated documents (default %(default)s)")
    return parser.parse_args()


def _open_reader(arguments: argparse.Namespace) -> DocumentReader:
    return DocumentReader(
        choice=choose_engine(OcrEngine(arguments.ocr_engine), tessdata=os.environ.get("TESSDATA_PREFIX", ""))
    )


def _choose_analyzer(arguments: argparse.Namespace) -> AnalyzerChoice:
    key = os.environ.get("LLM_API_KEY")
    return AnalyzerChoice(name=arguments.analyzer, base_url=arguments.base_url, api_key=key, types=arguments.types)


async def _score(cases: list[Case], evaluate: Callable[..., Awaitable[CaseScore]], choice: AnalyzerChoice) -> Score:
    store = Store.open((_STATE / "store").absolute().as_uri())  # keeps paid answers for the next run
    analyzer, slots = choice.open(store), asyncio.Semaphore(_CONCURRENCY)
    done = count(1)

    async def one(case: Case) -> CaseScore:
        async with slots:
            case_score = await evaluate(case, analyzer=analyzer)
        if (number := next(done)) % _REPORT_DOCUMENTS == 0:
            sys.stderr.write(f"evaluation: {number} of {len(cases)} documents\n")
        return case_score

    return score(choice.name, await asyncio.gather(*map(one, cases)))


if __name__ == "__main__":
    main()
