"""The interpreter's verdict against what runs of the program show.

`python -m tests.oracle.comparison 20000 7` compares 20000 programs from seed 7 and prints what differs.
"""

from __future__ import annotations

import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.oracle.programs import ASYNC, CONSTRUCTS, TEMPLATES, Maker, shape
from tests.oracle.world import OutOfBudget, observed
from tests.unit.analysis.leaks_support import ASYNCPG, PSYCOPG2, acquires

GROUPS = {
    "normal": frozenset({"dropped", "overwritten", "deleted", "loop", "return", "end"}),
    "exceptional": frozenset({"raise", "strong", "weak"}),
    "cancelled": frozenset({"cancelled"}),
}
LOOPS = tuple(f"for _ in turns():\n        {words['get']}" for words in TEMPLATES.values())
PRELUDES = {ASYNC: "import sys\nfrom contextlib import suppress\n" + ASYNCPG, "sync": PSYCOPG2}


@dataclass(frozen=True)
class Difference:
    """`only` is "verdict" (a false alarm) or "run" (a missed leak)."""

    seed: int
    kind: str
    only: str
    text: str


def verdict(text: str, kind: str = "sync") -> set[str]:
    found = [f for f in acquires({"app.py": PRELUDES[kind] + text}, "app.py") if f.place.function == "f"]
    assert len(found) == 1, text
    kinds = {leak.kind for leak in found[0].leaks}
    return {name for name, group in GROUPS.items() if kinds & group}


@dataclass
class Tally:
    """What a comparison has seen."""

    programs: int = 0
    skipped: int = 0
    leaking: int = 0
    sizes: list[int] = field(default_factory=list)
    constructs: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)

    def add(self, text: str, seen: set[str]) -> None:
        size, constructs = shape(text)
        self.programs += 1
        self.leaking += bool(seen)
        self.sizes.append(size)
        self.constructs.update(constructs)
        self.kinds.update(seen)

    @property
    def median(self) -> int:
        return sorted(self.sizes)[len(self.sizes) // 2]

    def share(self, construct: str) -> float:
        return self.constructs[construct] / self.programs

    def told(self) -> str:
        rarest = min(CONSTRUCTS, key=self.share)
        return (
            f"{self.programs} programs ({self.skipped} with too many ways), median {self.median} statements, "
            f"{self.leaking / self.programs:.0%} leak ({dict(self.kinds)}), rarest construct {rarest} "
            f"{self.share(rarest):.1%}"
        )


def differences(count: int, seed: int, tally: Tally | None = None) -> Iterator[Difference]:
    for number in range(seed, seed + count):
        maker = Maker(number)
        text = maker.program()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                seen = observed(text)
        except OutOfBudget:
            if tally is not None:
                tally.skipped += 1
            continue
        if tally is not None:
            tally.add(text, seen)
        shown = comparable(seen, text)
        for kind in sorted(shown ^ comparable(verdict(text, maker.kind), text)):
            yield Difference(number, kind, "run" if kind in shown else "verdict", text)


def comparable(kinds: set[str], text: str) -> set[str]:
    """Where the connection is lost on the way (its name gets another value, the loop acquires again), how the
    program ends afterwards tells nothing."""
    is_lost = any(loss in text for loss in ("None if flag", "if flag:\n                conn = None", *LOOPS))
    return {"normal" if kind == "exceptional" else kind for kind in kinds} - {"cancelled"} if is_lost else kinds


def main(count: int, seed: int) -> int:
    tally = Tally()
    found = Counter[str]()
    for difference in differences(count, seed, tally):
        found[difference.only] += 1
        print(f"--- seed {difference.seed}: {difference.kind}, only the {difference.only} says so\n{difference.text}")
    print(tally.told())
    print(", ".join(f"{name} {tally.share(name):.0%}" for name in CONSTRUCTS))
    print(f"false alarms: {found['verdict']}, missed: {found['run']}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
