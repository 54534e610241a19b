"""Paths that the gateway of a laptop answers itself, for programs that name them and do not load its HTTP library."""

from typing import Final

UPLOADS_PATH: Final = "/store"  # before the keys of objects
