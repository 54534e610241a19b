"""A stand-in for Python's compiler of files: it takes what this project's environment has compiled of the same source.

To compile all packages takes ten times as long as to install them. Which files are compiled, and how Python checks
them, is up to the Dockerfile. A module that the environment has not compiled is compiled there, for the next image.
"""

import sysconfig
from pathlib import Path
from typing import Final

_LOADER: Final = "importlib.machinery.SourceFileLoader("
_SCRIPT: Final = """

class _SavedCode(importlib.machinery.SourceFileLoader):
    def source_to_code(self, data, path, *, _optimize=-1):
        import _imp
        own = os.path.join(PACKAGES, path.rpartition("/site-packages/")[2])
        if os.path.exists(own):
            loader = importlib.machinery.SourceFileLoader("saved", own)
            if loader.get_data(own) == data:
                code = loader.get_code("saved")
                _imp._fix_co_filename(code, path)  # as an import does for a module that was moved
                return code
        return super().source_to_code(data, path, _optimize=_optimize)
"""


def install(library: Path) -> None:
    """Put the stand-in into a folder of the standard library."""
    module = library / "py_compile.py"
    source = module.read_text()
    assert source.count(_LOADER) == 1, "py_compile has changed: so must its stand-in"
    module.unlink()  # it may be a link to this interpreter's own
    script = _SCRIPT.replace("PACKAGES", repr(sysconfig.get_path("purelib")))
    module.write_text(source.replace(_LOADER, "_SavedCode(") + script)
