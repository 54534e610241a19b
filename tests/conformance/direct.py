"""The embedded server in this process, as it is or with a fault planted: no start, no HTTP, the same bytes.

A broken server is the source imported a second time with one text replaced; the unbroken modules stay as they are.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import durable
from durable.embedded import embedded

from .faults import Fault
from .requests import RETRY
from .target import DirectChannel, Target

PACKAGE = "durable.embedded"


@contextmanager
def open_direct(folder: Path, fault: Fault | None = None) -> Iterator[Target]:
    """Serve the data in the folder until the block ends, if need be with a fault."""
    server_code = _import_with(fault) if fault else embedded
    with closing(server_code.Store(folder)) as store:
        server = server_code.EmbeddedServer(store, retry_timeout=RETRY, debug=True)
        yield Target("broken" if fault else "embedded", DirectChannel(server))


def _import_with(fault: Fault) -> Any:  # noqa: ANN401 a module whose names the import decides
    """Import the server's modules anew, and put the unbroken ones back in their places."""
    unbroken = {name: module for name, module in sys.modules.items() if f"{name}.".startswith(f"{PACKAGE}.")}
    finder = _FaultFinder(fault)
    for name in unbroken:
        del sys.modules[name]
    sys.meta_path.insert(0, finder)
    try:
        return import_module(f"{PACKAGE}.embedded")
    finally:
        sys.meta_path.remove(finder)
        for name in [name for name in sys.modules if f"{name}.".startswith(f"{PACKAGE}.")]:
            del sys.modules[name]
        sys.modules.update(unbroken)
        vars(durable)["embedded"] = unbroken[PACKAGE]  # the import has replaced it


class _FaultFinder(MetaPathFinder):
    """Finds the file of the fault, and reads it with the fault in it."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.origin != str(self.fault.path):
            return None
        spec.loader = _FaultLoader(fullname, spec.origin)
        spec.loader.fault = self.fault
        return spec


class _FaultLoader(SourceFileLoader):
    """Compiles the source with the fault, and keeps no bytecode of it."""

    fault: Fault

    def get_code(self, fullname: str) -> CodeType:
        source = self.fault.break_source(Path(self.get_filename(fullname)).read_text())
        return compile(source, self.path, "exec", dont_inherit=True)
