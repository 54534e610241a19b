"""Errors of the keys' function: one sentence each, which CloudFormation shows to the operator.

No message contains a secret. Messages of libraries are not passed on, because they may quote one.
"""

from lambdas.resource.errors import ResourceError


class KeysError(ResourceError):
    """The keys cannot be created; the message states what to do."""


class BadPropertyError(KeysError):
    """A property in the template is missing or wrong."""


class SecretStoreError(KeysError):
    """A secret cannot be read or written."""


class ForeignValueError(KeysError):
    """A secret holds a value that this function did not make, and does not overwrite."""
