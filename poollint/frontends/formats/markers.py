"""The signs that say how far a finding can be repaired."""

from __future__ import annotations

from poollint.model.finding import Finding
from poollint.model.fix import Applicability

SAFE, UNSAFE = "[*]", "[?]"


def marker(finding: Finding) -> str:
    """`[*]` for a safe fix, `[?]` for one that needs a look, "" for none that could be applied."""
    if finding.fix is None or finding.fix.applicability is Applicability.SHOWN:
        return ""
    return SAFE if finding.fix.applicability is Applicability.SAFE else UNSAFE


def marked_code(finding: Finding) -> str:
    """`CPL101 [*]`."""
    return f"{finding.code} {marker(finding)}".rstrip()
