"""Which versions of a distribution a project may run with, by its requirements; and which of a default's hold then."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Numbers = tuple[int, ...]
OPEN: Numbers = ()
"""No bound."""
_NUMBERS = re.compile(r"\s*v?(\d+(?:\.\d+)*)")
_CLAUSE = re.compile(r"(===|==|~=|!=|<=|>=|<|>|\^|~|=)?\s*v?(\d[\w.*+!-]*)")


@dataclass(frozen=True, slots=True)
class VersionRange:
    """From `low` up to but without `high`; `OPEN` is no bound."""

    low: Numbers = OPEN
    high: Numbers = OPEN

    def narrowed(self, other: VersionRange) -> VersionRange:
        """What is in both."""
        highs = [high for high in (self.high, other.high) if high]
        return VersionRange(max(self.low, other.low), min(highs) if highs else OPEN)

    def meets(self, since: str, until: str) -> bool:
        """Whether a version from `since` up to but without `until` ("" = open) is in it."""
        low, high = numbers(since), numbers(until)
        return not (self.high and low >= self.high) and not (high and self.low >= high)

    @property
    def is_empty(self) -> bool:
        """Whether no version is in it: what was read contradicts itself."""
        return bool(self.high) and self.low >= self.high

    def __str__(self) -> str:
        """As a message says it: `7.1`, `from 5 below 8`."""
        if self.exact:
            return self.exact
        parts = (("from", self.low), ("below", self.high))
        return " ".join(f"{word} {'.'.join(map(str, version[:3]))}" for word, version in parts if version)

    @property
    def exact(self) -> str:
        """The only version that is in it, "" when there are several."""
        return ".".join(map(str, self.low)) if self.low and self.high == _after(self.low) else ""


ANY = VersionRange()
Versions = Mapping[str, VersionRange]
"""Distribution, by its normal name, -> what the project requires of it."""


def normal_name(distribution: str) -> str:
    """`Flask_SQLAlchemy` and `flask-sqlalchemy` are one."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def numbers(version: str) -> Numbers:
    """The release of a version without its last zeros; pre-releases count as their release."""
    match = _NUMBERS.match(version)
    found = [int(part) for part in match.group(1).split(".")] if match else []
    while found and not found[-1]:
        found.pop()
    return tuple(found)


def version_range(specifier: str) -> VersionRange:
    """What a requirement such as `>=1.4,<2` leaves; `^1.4` and `~1.4` as Poetry reads them."""
    found = ANY
    if "||" in specifier or "|" in specifier:
        return ANY
    for clause in specifier.split(","):
        match = _CLAUSE.match(clause.strip())
        if match is not None:
            found = found.narrowed(_of_clause(match.group(1) or "==", match.group(2)))
    return found


def _of_clause(operator: str, version: str) -> VersionRange:
    parts = [int(part) for part in re.findall(r"\d+", version.partition("+")[0].partition("*")[0])[:4]]
    low = numbers(version)
    if operator in ("==", "=", "==="):
        return VersionRange(low, _next(parts, len(parts) - 1)) if "*" in version else VersionRange(low, _after(low))
    if operator == "~=":
        return VersionRange(low, _next(parts, max(len(parts) - 2, 0)))
    if operator == "~":
        return VersionRange(low, _next(parts, min(1, len(parts) - 1)))
    if operator == "^":
        first = next((index for index, part in enumerate(parts) if part), len(parts) - 1)
        return VersionRange(low, _next(parts, first))
    if operator in (">=", ">"):
        return VersionRange(low)
    if operator == "<":
        return VersionRange(OPEN, low)
    return VersionRange(OPEN, _after(low)) if operator == "<=" else ANY


def _after(version: Numbers) -> Numbers:
    """The least that is above a version and whatever only adds zeros to it."""
    return (*version, 0, 0, 0, 0, 1)


def _next(parts: list[int], index: int) -> Numbers:
    """The first release in which the part at `index` is one higher."""
    return (*parts[:index], parts[index] + 1)


def joined(ranges: Iterable[VersionRange]) -> VersionRange:
    """What all of several requirements leave."""
    found = ANY
    for each in ranges:
        found = found.narrowed(each)
    return found
