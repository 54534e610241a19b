"""A clean Python, standing in for the one of the base image: the interpreter that runs this, without any package."""

import os
import shutil
import sys
from pathlib import Path
from typing import Final

_LEFT_OUT: Final = shutil.ignore_patterns("test", "site-packages", "dist-packages", "idlelib", "config-*", "ensurepip")
VERSION: Final = f"{sys.version_info.major}.{sys.version_info.minor}"


def install(prefix: Path) -> None:
    """Copy the interpreter to the folder: it may lie where only its owner may look."""
    base = Path(sys.base_prefix)
    bins, libs = prefix / "bin", prefix / "lib"
    bins.mkdir(parents=True)
    library = f"python{VERSION}"
    shutil.copytree(base / "lib" / library, libs / library, ignore=_LEFT_OUT, copy_function=_link)
    (libs / library / "site-packages").mkdir()
    for shared in (base / "lib").glob("libpython3*"):
        _link(shared, libs / shared.name)
    program = (base / "bin" / f"python{VERSION}").read_bytes()
    (bins / f"python{VERSION}").write_bytes(_with_its_own_libraries(program, base))
    (bins / f"python{VERSION}").chmod(0o755)
    for name in ("python", "python3"):
        (bins / name).symlink_to(f"python{VERSION}")


def _link(source: str | Path, target: str | Path) -> None:
    """A hundred megabytes that nobody writes into need not be copied where they can be linked."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy(source, target)


def _with_its_own_libraries(program: bytes, base: Path) -> bytes:
    """Return the program so that it looks for libpython beside itself, not where it was installed."""
    old, new = f"{base}/lib".encode(), b"$ORIGIN/../lib"
    return program.replace(old + b"\0", new.ljust(len(old), b"\0") + b"\0") if len(old) >= len(new) else program
