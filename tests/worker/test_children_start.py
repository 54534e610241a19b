"""What a document's child processes load before they begin: each job starts several, and pays for it each time."""

import subprocess
import sys

import pytest

from local.server_process import ROOT
from worker.analysis.quote_boxes import find_quotes
from worker.analysis.rule_analysis import analyze_with_rules
from worker.documents.ocr import recognize
from worker.documents.survey import survey

FOR_THE_WORKER = {"aiohttp", "asyncio", "boto3", "obstore", "pydantic_ai"}
SAY = "import sys; sys.path.insert(0, {root!r}); import {module}; print(*sys.modules)"


@pytest.mark.parametrize("work", [survey, recognize, analyze_with_rules, find_quotes])
def test_a_child_loads_nothing_that_is_for_the_worker(work: object) -> None:
    say = SAY.format(root=str(ROOT), module=work.__module__)
    loaded = subprocess.run([sys.executable, "-I", "-c", say], capture_output=True, text=True, check=True).stdout
    assert FOR_THE_WORKER.intersection(loaded.split()) == set()
