"""As many findings as travel in a checkpoint, which takes 256 KB. What is left out is told, and never cut within."""

from collections.abc import Sequence
from typing import Final

from contract.analysis import Finding

# Bytes, which are three for a Chinese character. The boxes come later: 36 bytes for a finding of at least sixty.
_MOST: Final = 150_000


def limit_findings(findings: Sequence[Finding]) -> tuple[list[Finding], list[str]]:
    """Return those that come first, and a warning if there are more."""
    size = 0
    for number, finding in enumerate(findings):
        size += len(finding.model_dump_json().encode())
        if size > _MOST:
            told = f"{len(findings) - number} of {len(findings)} values found are left out: they are too many"
            return list(findings[:number]), [told]
    return list(findings), []
