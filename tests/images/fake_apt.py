"""Stands in for Debian's installer: what an image installs is copied from this machine, if it is installed here.

So nobody must be root, nothing is downloaded, and this machine is left as it is. What is not installed here is missing
from the image; tests that need it say so and are skipped.
"""

from pathlib import Path
from typing import Final

_NAME: Final = "apt-get"
_TEXT: Final = """#!/bin/sh
[ "$1" = update ] && exit 0
[ "$1" = install ] || { echo "nothing here stands in for apt-get $1" >&2; exit 1; }
shift
for word; do
    case "$word" in -*) continue ;; esac
    dpkg --listfiles "${word%%=*}" 2>/dev/null | while read -r file; do
        [ -d "$file" ] || install -D --mode=644 "$file" "ROOT$file"
    done
done
mkdir -p "ROOT/usr/share/tesseract-ocr"  # what is copied from there may be nothing
"""


def install(root: Path) -> None:
    """Put the stand-in where the shell of an image finds it first."""
    place = root / "usr" / "local" / "bin" / _NAME
    place.write_text(_TEXT.replace("ROOT", str(root)))
    place.chmod(0o755)
