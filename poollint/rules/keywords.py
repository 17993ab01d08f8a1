"""Fixes that give a construction keywords, as the rules about settings and sizes offer them."""

from __future__ import annotations

from poollint.model.fix import AddKeywords, Applicability, FixPlan
from poollint.model.span import Place

Keywords = tuple[tuple[str, str], ...]
"""(keyword, its value as text)."""


def listed(keywords: Keywords) -> str:
    """ "`pool_size=5`, `max_overflow=0`"."""
    return ", ".join(f"`{keyword}={value}`" for keyword, value in keywords)


def set_keywords(place: Place, keywords: Keywords, title: str, reason: str) -> FixPlan:
    """The unsafe fix that adds them, or sets those that are there."""
    return FixPlan(title, Applicability.UNSAFE, AddKeywords(place, keywords), reason)
