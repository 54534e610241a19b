"""Signs an address to which a client may PUT one object of the store, as S3 reads it (Signature Version 4).

The signature covers headers with the object's size, type and hash, the condition that it must not exist, and the expiry
time. The object store's library signs the host alone; AWS's own library, which can do this, takes half a second to
import.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote, urlencode, urlsplit

from .settings import UploadAccess

METHOD: Final = "PUT"
_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_SERVICE: Final = "s3"
_PAYLOAD_HASH: Final = "UNSIGNED-PAYLOAD"  # a header has the hash of the bytes, if the client sent it
_PLAIN_CHARACTERS: Final = "-_.~"  # what S3 does not escape, apart from letters and digits
SIGNATURE: Final = "X-Amz-Signature"


def presign_put(url: str, headers: Mapping[str, str], access: UploadAccess, *, at: float, seconds: int) -> str:
    """Return the signed URL; a request to it must have these headers, whose names are in lower case."""
    stamp = datetime.fromtimestamp(at, UTC).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{stamp[:8]}/{access.region}/{_SERVICE}/aws4_request"
    parts = urlsplit(url)
    signed = dict(sorted({"host": parts.netloc, **headers}.items()))
    query = {
        "X-Amz-Algorithm": _ALGORITHM,
        "X-Amz-Credential": f"{access.key_id}/{scope}",
        "X-Amz-Date": stamp,
        "X-Amz-Expires": str(seconds),
        "X-Amz-SignedHeaders": ";".join(signed),
    }
    if access.session_token:
        query["X-Amz-Security-Token"] = access.session_token
    text = urlencode(sorted(query.items()), quote_via=quote, safe=_PLAIN_CHARACTERS)
    lines = [METHOD, parts.path, text, *(f"{name}:{value.strip()}" for name, value in signed.items())]
    request = "\n".join([*lines, "", ";".join(signed), _PAYLOAD_HASH])
    to_sign = "\n".join([_ALGORITHM, stamp, scope, hashlib.sha256(request.encode()).hexdigest()])
    return f"{url}?{text}&{SIGNATURE}={_sign(to_sign, scope, access.secret)}"


def _sign(text: str, scope: str, secret: str) -> str:
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, text.encode(), "sha256").hex()
