"""`longhand keys`: print the keys with which receivers verify events."""

from typing import Annotated

import typer

from ops.exit_codes import ExitCode
from ops.screen import Screen
from ops.target_options import SystemOptions
from ops.webhook_secrets import make_public_key, make_shared_key, read_secrets

from .options import AsJson


def keys(
    system: SystemOptions,
    *,
    shared: Annotated[
        bool, typer.Option("--shared", help="Print the secret keys of HMAC-SHA256 in place of the public ones.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Print the keys with which the receivers of callback URLs verify events, the newest first.

    Public keys verify the signature v1a and may be published. With --shared, the keys verify v1 and are secret: a
    receiver that has one can sign events as well. On AWS it needs permission to read the secret WebhookSecret.

    For example:

      longhand keys

      longhand keys --shared --stack Longhand
    """
    screen = Screen.open()
    make = make_shared_key if shared else make_public_key
    made = [make(secret) for secret in read_secrets(system)]
    if as_json:
        screen.print_json(list(made))
    else:
        for key in made:
            screen.print_line(key)
    return ExitCode.OK
