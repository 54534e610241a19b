"""`longhand result`: read what a job has stored."""

from pathlib import Path
from typing import Annotated

import typer

from longhand_client.job_actions import FileName
from ops.downloads import download
from ops.errors import UserError
from ops.exit_codes import ExitCode
from ops.screen import Screen
from ops.target import open_target
from ops.target_options import TargetOptions


def result(
    job_id: Annotated[str, typer.Argument(metavar="JOB", help="The job's id.")],
    options: TargetOptions,
    *,
    text: Annotated[bool, typer.Option("--text", help="The text of the document, as JSON by pages.")] = False,
    document: Annotated[bool, typer.Option("--document", help="The document; needs --output.")] = False,
    output: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it to a file.")] = None,
) -> int:
    """Print the stored result of a job as JSON, or the text of its document, or write the document to a file.

    It is read from the bucket by a signed address, so its size has no limit. A job that has not stored it is refused.

    For example:

      longhand result report-7 | jq .extractedData

      longhand result report-7 --text | jq -r '.pages[].text'

      longhand result report-7 --document --output report.pdf
    """
    if (text and document) or (document and output is None):
        raise UserError(ExitCode.USAGE, "one file is read in a call", "use --text, or --document with --output FILE")
    name: FileName = "document" if document else "text" if text else "result"
    target = open_target(options)
    content = download(target.api, target.api.file_link(job_id, name))
    if output is None:
        Screen.open().out.file.write(f"{content.decode()}\n")
        return ExitCode.OK
    try:
        output.write_bytes(content)
    except OSError as error:
        raise UserError(ExitCode.USAGE, f"{output} cannot be written ({error.strerror})") from None
    return ExitCode.OK
