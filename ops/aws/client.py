"""A name for what boto3 makes at run time and has no types for: its clients, sessions and credentials."""

from typing import Any

type Client = Any
