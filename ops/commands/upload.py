"""`longhand upload`: upload a file that jobs then name."""

from pathlib import Path
from typing import Annotated

import typer

from ops.exit_codes import ExitCode
from ops.screen import Screen
from ops.target import open_target
from ops.target_options import TargetOptions
from ops.uploads import read_file, upload_file


def upload(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A PDF, Word file, PNG, JPEG, TIFF or WebP.")],
    options: TargetOptions,
) -> int:
    """Upload a file and print its uploadId, which a job names in place of a URL.

    The same file with the same name is one upload, and is sent once.

    For example:

      longhand upload invoice.pdf

      longhand upload contract.pdf --stack Longhand
    """
    content = read_file(file)
    screen, target = Screen.open(), open_target(options)
    screen.print_note(f"Using {target.name}")
    screen.print_line(upload_file(target.api, content))
    return ExitCode.OK
