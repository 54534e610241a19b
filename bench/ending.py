"""What has been started ends with the bench, also when that is told to end."""

import signal
import sys


def end_in_order() -> None:
    """Leave by an exception when told to end, so that every `with` block stops what it has started."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
