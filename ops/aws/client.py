"""The type of boto3's clients, sessions and credentials, which boto3 makes at run time and does not type."""

from typing import Any

type Client = Any
