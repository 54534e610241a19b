"""A stand-in for apt-get: it copies packages into the image from this machine, if they are installed here.

So the tests need neither root nor downloads, and do not change this machine. A package that is not installed here is
missing from the image; tests that need it are skipped.
"""

from pathlib import Path
from typing import Final

_NAME: Final = "apt-get"
_SCRIPT: Final = """#!/bin/sh
[ "$1" = update ] && exit 0
[ "$1" = install ] || { echo "this stand-in does not support apt-get $1" >&2; exit 1; }
shift
for word; do
    case "$word" in -*) continue ;; esac
    dpkg --listfiles "${word%%=*}" 2>/dev/null | while read -r file; do
        [ -d "$file" ] || install -D --mode=644 "$file" "ROOT$file"
    done
done
mkdir -p "ROOT/usr/share/tesseract-ocr"  # a COPY from there must not fail
"""


def install(root: Path) -> None:
    """Put the stand-in first on the search path of the image."""
    script = root / "usr" / "local" / "bin" / _NAME
    script.write_text(_SCRIPT.replace("ROOT", str(root)))
    script.chmod(0o755)
