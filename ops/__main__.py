"""Runs one command; a failure is printed as one sentence and becomes an exit code."""

import sys
import traceback
from collections.abc import Sequence

import typer
from typer.main import get_command

from longhand_client import NotFoundError

from .app import make_app
from .errors import UserError
from .exit_codes import ExitCode
from .screen import Screen


def main() -> int:
    """Run the command of this process's command line."""
    return run(sys.argv[1:])


def run(words: Sequence[str]) -> int:
    """Run the command and return its exit code."""
    screen = Screen.open()
    try:
        code: object = get_command(make_app(words)).main(
            args=words or ["--help"], prog_name="longhand", standalone_mode=False
        )
    except UserError as error:
        screen.print_error(error)
        return error.code
    except NotFoundError as error:
        screen.print_error(UserError(ExitCode.UNKNOWN, error.sentence, "check the id"))
        return ExitCode.UNKNOWN
    except typer.TyperException as error:
        remedy = "see longhand --help, or longhand COMMAND --help"
        screen.print_error(UserError(ExitCode.USAGE, error.format_message().rstrip("."), remedy))
        return ExitCode.USAGE
    except typer.Abort:
        return ExitCode.INTERRUPTED
    except Exception:  # noqa: BLE001 - an internal error is reported here or never
        traceback.print_exc()
        return ExitCode.SOFTWARE
    return code if isinstance(code, int) else ExitCode.OK


if __name__ == "__main__":
    sys.exit(main())
