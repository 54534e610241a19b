"""The key of a paid request and its answer."""

import hashlib


def key_of(*parts: str) -> str:
    """Return the key of a request: a hash of all its parts, so that no other request gets its answer."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(b"%d:" % len(part.encode()) + part.encode())
    return digest.hexdigest()
