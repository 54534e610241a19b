"""What keeps the function from making keys: one sentence each, which CloudFormation shows to whoever deploys.

No text here holds a secret, and none of another library's is passed on, because nobody knows what it quotes.
"""


class KeysError(Exception):
    """Its text says what to do."""


class BadPropertyError(KeysError):
    """The template asks for something that makes no sense."""


class VaultError(KeysError):
    """A secret cannot be read or written."""


class ForeignValueError(KeysError):
    """A secret holds something that this function did not make, and will not overwrite."""
