"""A stand-in for the base image's Python: this interpreter, without packages."""

import os
import shutil
import sys
from pathlib import Path
from typing import Final

from tests.images import fake_compile

_IGNORE: Final = shutil.ignore_patterns("test", "site-packages", "dist-packages", "idlelib", "config-*", "ensurepip")
VERSION: Final = f"{sys.version_info.major}.{sys.version_info.minor}"


def install(prefix: Path) -> None:
    """Copy the interpreter into the folder, because other users may not reach the original."""
    base = Path(sys.base_prefix)
    bins, libs = prefix / "bin", prefix / "lib"
    bins.mkdir(parents=True)
    library = f"python{VERSION}"
    shutil.copytree(base / "lib" / library, libs / library, ignore=_IGNORE, copy_function=_link)
    (libs / library / "site-packages").mkdir()
    fake_compile.install(libs / library)
    for shared in (base / "lib").glob("libpython3*"):
        _link(shared, libs / shared.name)
    program = (base / "bin" / f"python{VERSION}").read_bytes()
    (bins / f"python{VERSION}").write_bytes(_with_relative_libraries(program, base))
    (bins / f"python{VERSION}").chmod(0o755)
    for name in ("python", "python3"):
        (bins / name).symlink_to(f"python{VERSION}")


def _link(source: str | Path, target: str | Path) -> None:
    """Link a file if possible: the files are large and never written to."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy(source, target)


def _with_relative_libraries(program: bytes, base: Path) -> bytes:
    """Return the program with the search path of libpython relative to itself."""
    old, new = f"{base}/lib".encode(), b"$ORIGIN/../lib"
    return program.replace(old + b"\0", new.ljust(len(old), b"\0") + b"\0") if len(old) >= len(new) else program
