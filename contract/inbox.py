"""A file in the inbox. Its job was not sent through the API."""

from typing import Final
from urllib.parse import quote, unquote

from .api_value import ApiValue

INBOX_REQUESTER: Final = "inbox"  # the requester of the jobs of all files
INBOX_SCHEME: Final = "inbox://"  # the addresses of files begin with it


class InboxFile(ApiValue, frozen=True):
    """One version of a file in the object store: S3's version, or a folder's entity tag."""

    key: str
    version: str

    @property
    def address(self) -> str:
        """The address that the worker reads."""
        return f"{INBOX_SCHEME}{quote(self.version, safe='')}/{self.key}"

    @classmethod
    def parse(cls, address: str) -> "InboxFile":
        """Return the file at an address."""
        version, _, key = address.removeprefix(INBOX_SCHEME).partition("/")
        return cls(key=key, version=unquote(version))
