"""The worker process stays small: only child processes import the heavy libraries."""

import subprocess
import sys

from local.server_process import ROOT

HEAVY_LIBRARIES = {
    "PIL",
    "boto3",
    "botocore",
    "cv2",
    "docx",
    "lxml",
    "numpy",
    "onnxruntime",
    "openai",
    "pikepdf",
    "pydantic_ai",
    "pypdfium2",
    "rapidocr",
    "tesserocr",
}


def test_the_worker_imports_no_heavy_library() -> None:
    code = "import sys, worker.workflows.document; print(*(name for name in sys.modules if '.' not in name))"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert not HEAVY_LIBRARIES & set(loaded.split())
