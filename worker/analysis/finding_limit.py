"""Keep as many findings as fit into a checkpoint of 256 KB, and warn about the others. None is truncated."""

from collections.abc import Sequence
from typing import Final

from contract.analysis import Finding

# A Chinese character has three bytes. Boxes are added later: 36 bytes for a finding of at least sixty.
_MAX_BYTES: Final = 150_000


def limit_findings(findings: Sequence[Finding]) -> tuple[list[Finding], list[str]]:
    """Return the first findings, and a warning if there are too many."""
    size = 0
    for number, finding in enumerate(findings):
        size += len(finding.model_dump_json().encode())
        if size > _MAX_BYTES:
            warning = f"{len(findings) - number} of {len(findings)} values found were left out: there are too many"
            return list(findings[:number]), [warning]
    return list(findings), []
