"""A document's child process loads few modules at its start, because each job starts several of them."""

import subprocess
import sys

import pytest

from local.server_process import ROOT
from worker.analysis.quote_boxes import find_quotes
from worker.analysis.rule_analysis import analyze_with_rules
from worker.documents.ocr import recognize
from worker.documents.survey import survey

WORKER_MODULES = {"aiohttp", "asyncio", "boto3", "obstore", "pydantic_ai"}
SCRIPT = "import sys; sys.path.insert(0, {root!r}); import {module}; print(*sys.modules)"


@pytest.mark.parametrize("work", [survey, recognize, analyze_with_rules, find_quotes])
def test_a_child_process_loads_no_module_that_only_the_worker_needs(work: object) -> None:
    script = SCRIPT.format(root=str(ROOT), module=work.__module__)
    loaded = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True).stdout
    assert WORKER_MODULES.intersection(loaded.split()) == set()
