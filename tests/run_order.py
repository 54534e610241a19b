"""The order of the test files, and which of them go to one process together."""

from collections import Counter
from pathlib import Path
from typing import Any, Final

import pytest

# The files that take longest, for their work or their waits. They begin first: a process of pytest-xdist runs whole
# files, and all others would wait for one that begins last. Files that wait stand between files that work.
SLOW_FILES: Final = [
    "hosted/test_whole.py",  # and with it its folder
    "ops/test_deploy.py",  # and with it its group
    "console/test_console.py",  # the folder
    "ops/test_watch.py",  # the group
    "keeper/test_under_load.py",  # the folder
    "ops/test_laptop.py",  # the group
    "bundle/test_function.py",
    "durable/test_interruptions.py",
    "stacks/test_synth.py",
    "sdk/test_failures.py",
    "worker/test_fanout.py",
    "bundle/test_functions_bundle.py",
    "images/test_worker_image.py",
    "local/test_demos.py",
    "local/test_openapi.py",
    "ops/test_doctor_server.py",
    "worker/test_chunks_apart.py",
    "functions/test_bridge.py",
    "local/test_serve.py",
    "durable/test_recorded_calls.py",
    "documents/test_rapidocr_models.py",
    "conformance/test_clock.py",
    "conformance/test_fields.py",
    "examples/test_accounts_services.py",
    "durable/test_children.py",
    "functions/test_bridge_failures.py",
    "documents/test_ocr_engines.py",
    "local/test_cells.py",
    "local/test_starting.py",
    "documents/test_hostile.py",
    "sdk/test_typescript.py",
    "worker/test_outages.py",
]
# Folders whose files share a system that takes long to start, and processor time while it waits.
WHOLE_FOLDERS: Final = ["tests/hosted", "tests/console", "tests/keeper"]
# As those folders: groups of files, each of which shares a laptop, a simulated AWS, a system, or the loaded command.
_COMMAND_FILES: Final = (
    *("api", "aws_errors", "corrections", "cost", "decisions", "deliveries", "invoke", "job_history", "keys", "list"),
    *("numbers", "screen", "signing", "tour", "waiting", "watch"),
)
_GROUPS: Final = {
    "ops laptop": ("ops", ("agents", "docs", "doctor", "flags", "intake", "job_actions", "laptop")),
    "ops aws": ("ops", ("cells", "deploy", "deploy_choices", "doctor_stack", "drain", "stack", "teardown")),
    "ops command": ("ops", _COMMAND_FILES),
    "local system": ("local", ("gateway", "review_link", "stored_objects")),
}
GROUPS_OF_FILES: Final = {
    "tests/docs/test_move.py": "ops aws",
    **{f"tests/{folder}/test_{name}.py": group for group, (folder, names) in _GROUPS.items() for name in names},
}


def sort_files(items: list[pytest.Item]) -> None:
    """Order the files: the slow ones, and then those of the folders with the most tests.

    Files of a folder follow each other, because they may share servers that end with the folder.
    """
    tests, counts = Path(__file__).parent, Counter(item.path for item in items)
    folders = Counter[Path]()
    for file, count in counts.items():
        folders[file.parent] += count
    slow = {tests / file: -place for place, file in enumerate(reversed(SLOW_FILES), start=1)}

    def place_of(file: Path) -> tuple[object, ...]:
        return slow.get(file, 0), -folders[file.parent], file.parent, -counts[file], file

    order = {file: place for place, file in enumerate(sorted(counts, key=place_of))}
    items.sort(key=lambda item: order[item.path])


def unit_of(nodeid: str) -> str:
    """Return the file of a test, or the folder or group of files that goes to one process as a whole."""
    file = nodeid.partition("::")[0]
    folder = file.rpartition("/")[0]
    return folder if folder in WHOLE_FOLDERS else GROUPS_OF_FILES.get(file, file)


def schedule_files(config: pytest.Config, log: Any) -> Any:  # noqa: ANN401 - pytest-xdist has no types
    """Return what gives units to the processes of `--dist loadfile`; None for another way."""
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]  # noqa: PLC0415 - without it, no call

    scheduling = LoadFileScheduling(config, log)
    scheduling._split_scope = unit_of  # noqa: SLF001 - made for subclasses, and an untyped class cannot have one
    return scheduling
