"""What a rule's documentation says, for terminals, programs and pages. It all comes from the rule's docstring."""

from __future__ import annotations

from poollint import rules

PAGES = "https://poollint.readthedocs.io/rules"


def address(code: str) -> str | None:
    """Where the rule's page is published; None for a code that no rule has."""
    found = rules.rule(code)
    return f"{PAGES}/{rules.stem(found)}" if found else None
