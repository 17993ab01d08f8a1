"""Random programs that acquire once, run on a pool of our own under every fault, against the interpreter's verdict.

`python tests/unit/analysis/leaks_oracle.py 2000 7` compares 2000 programs from seed 7 and prints what differs.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from leaks_support import PSYCOPG2, acquires

NORMAL = frozenset({"dropped", "overwritten", "deleted", "loop", "return", "end"})
EXCEPTIONAL = frozenset({"raise", "strong", "weak"})
RUNS = 3000


# --- running -------------------------------------------------------------------------------------


class Boom(Exception):
    """A failure that no program expects by name."""


class OutOfBudget(Exception):
    """More ways through a program than are worth running."""


@dataclass
class Choices:
    """Decisions of one run: a prefix that is replayed, then always the first; `limits` counts the alternatives."""

    prefix: list[int]
    taken: list[int] = field(default_factory=list)
    limits: list[int] = field(default_factory=list)

    def choose(self, count: int) -> int:
        at = len(self.taken)
        found = self.prefix[at] if at < len(self.prefix) else 0
        self.taken.append(found)
        self.limits.append(count)
        return found

    def following(self) -> list[int] | None:
        """The next prefix in order, None after the last."""
        taken = list(self.taken)
        while taken:
            if taken[-1] + 1 < self.limits[len(taken) - 1]:
                taken[-1] += 1
                return taken
            taken.pop()
        return None


class Connection:
    def __init__(self, world: World) -> None:
        self.world = world

    def commit(self) -> None:
        self.world.may_fail()

    def cursor(self) -> Connection:
        return self

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *exc: object) -> None:
        return None


class World:
    """The names that programs use; each call may fail in two ways, each question has two answers."""

    def __init__(self, choices: Choices) -> None:
        self.choices = choices
        self.out: set[Connection] = set()
        self.has_failed = False

    def may_fail(self) -> None:
        kind = self.choices.choose(3)
        if kind:
            self.has_failed = self.has_failed or bool(self.out)
            raise (Boom if kind == 1 else ValueError)

    def getconn(self) -> Connection:
        self.may_fail()
        conn = Connection(self)
        self.out.add(conn)
        return conn

    def putconn(self, conn: Connection) -> None:
        self.out.discard(conn)

    def asked(self) -> bool:
        self.may_fail()
        return self.choices.choose(2) == 1

    def turns(self) -> range:
        self.may_fail()
        return range(self.choices.choose(3))


def observed(code: Callable[[World], object]) -> set[str]:
    """How the connection stays out over all runs: "normal", "exceptional"; OutOfBudget when there are too many."""
    found: set[str] = set()
    prefix: list[int] | None = []
    for _ in range(RUNS):
        assert prefix is not None
        choices = Choices(prefix)
        world = World(choices)
        is_normal = True
        try:
            code(world)
        except Exception:
            is_normal = False
        if world.out:
            found.add("normal" if is_normal and not world.has_failed else "exceptional")
        prefix = choices.following()
        if prefix is None:
            return found
    raise OutOfBudget


# --- making programs -----------------------------------------------------------------------------


class Maker:
    """Writes one function body; blocks nest to `depth`."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def program(self) -> str:
        """An acquire and what follows, sometimes a right program with one thing broken."""
        lines = ["conn = None", "flag = False", "conn = pool.getconn()"]
        if self.random.random() < 0.3:
            lines += self.guarded(self.block(2, False), broken=self.random.random() < 0.7)
        else:
            lines += self.block(3, False)
        return "def f():\n" + "".join(f"    {line}\n" for line in lines)

    def guarded(self, body: list[str], *, broken: bool) -> list[str]:
        """`try: ... finally: release`, or nearly."""
        final = self.release()
        if broken:
            final = self.random.choice([["pass"], ["conn.commit()", *final], ["if asked():", *indented(final)]])
        return ["try:", *indented(body), "finally:", *indented(final)]

    def release(self) -> list[str]:
        return ["if conn is not None:", "    pool.putconn(conn)", "    conn = None"]

    def release_by_alias(self) -> list[str]:
        return ["alias = conn", "if alias is not None:", "    pool.putconn(alias)", "    conn = alias = None"]

    def block(self, depth: int, in_loop: bool) -> list[str]:
        lines: list[str] = []
        for _ in range(self.random.randint(1, 3)):
            lines += self.statement(depth, in_loop)
            if lines[-1].split(" ")[0] in ("return", "raise", "break", "continue"):
                break
        return lines

    def statement(self, depth: int, in_loop: bool) -> list[str]:
        plain = [
            (3, lambda: ["conn.commit()"] if self.random.random() < 0.5 else ["work()"]),
            (7, self.release),
            (2, lambda: [self.random.choice(["flag = True", "flag = False"])]),
            (2, lambda: ["return 1"]),
            (1, lambda: [f"raise {self.random.choice(['ValueError', 'KeyError'])}"]),
            (1, self.release_by_alias),
            (2 if in_loop else 0, lambda: [self.random.choice(["break", "continue"])]),
        ]
        nested = [
            (3, lambda: self.choice(depth, in_loop)),
            (1, lambda: ["if flag:", *indented(self.block(depth - 1, in_loop))]),
            (2, lambda: self.loop(depth)),
            (5, lambda: self.attempt(depth, in_loop)),
            (1, lambda: ["with suppress(ValueError):", *indented(self.block(depth - 1, in_loop))]),
        ]
        ways = plain + (nested if depth > 0 else [])
        (chosen,) = self.random.choices([make for _, make in ways], [weight for weight, _ in ways])
        return chosen()

    def choice(self, depth: int, in_loop: bool) -> list[str]:
        lines = ["if asked():", *indented(self.block(depth - 1, in_loop))]
        if self.random.random() < 0.5:
            lines += ["else:", *indented(self.block(depth - 1, in_loop))]
        return lines

    def loop(self, depth: int) -> list[str]:
        head = self.random.choice(["for _ in turns():", "for _ in turns():", "while asked():"])
        lines = [head, *indented([*self.block(depth - 1, True), "step()"])]
        if self.random.random() < 0.3:
            lines += ["else:", *indented(self.block(depth - 1, False))]
        return lines

    def attempt(self, depth: int, in_loop: bool) -> list[str]:
        lines = ["try:", *indented(self.block(depth - 1, in_loop))]
        has_handler = self.random.random() < 0.7
        if has_handler:
            caught = self.random.choice(["Exception", "ValueError", "BaseException", "KeyError"])
            body = [*self.release(), self.random.choice(["raise", "pass", "return 2"])]
            if self.random.random() < 0.5:
                body = self.block(depth - 1, in_loop)
            lines += [f"except {caught}:", *indented(body)]
            if self.random.random() < 0.3:
                lines += ["else:", *indented(self.block(depth - 1, in_loop))]
        if not has_handler or self.random.random() < 0.5:
            body = self.release() if self.random.random() < 0.7 else self.block(depth - 2, False)
            lines += ["finally:", *indented(body)]
        return lines


def indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


# --- comparing -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Difference:
    """`only` is "verdict" (a false alarm) or "run" (a missed leak)."""

    seed: int
    kind: str
    only: str
    text: str


def verdict(text: str) -> set[str]:
    (fact,) = acquires({"app.py": PSYCOPG2 + text}, "app.py")
    kinds = {leak.kind for leak in fact.leaks}
    return {name for name, group in (("normal", NORMAL), ("exceptional", EXCEPTIONAL)) if kinds & group}


def run(text: str) -> set[str]:
    """All runs of a program; one that uses what is None shows nothing of ours."""

    def once(world: World) -> object:
        from contextlib import suppress

        left = [4]

        def step() -> None:
            left[0] -= 1
            if left[0] < 0:
                raise RuntimeError("too many turns")

        space = {"pool": world, "asked": world.asked, "turns": world.turns, "work": world.may_fail}
        space |= {"suppress": suppress, "step": step}
        exec(compile(text, "program", "exec"), space)
        try:
            return space["f"]()
        except (AttributeError, RuntimeError):
            world.out.clear()
            return None

    return observed(once)


def differences(count: int, seed: int) -> Iterator[Difference]:
    for number in range(seed, seed + count):
        text = Maker(number).program()
        try:
            seen = run(text)
        except OutOfBudget:
            continue
        said = verdict(text)
        for kind in sorted(seen ^ said):
            yield Difference(number, kind, "run" if kind in seen else "verdict", text)


if __name__ == "__main__":
    many, first = int(sys.argv[1]), int(sys.argv[2])
    total = 0
    for difference in differences(many, first):
        total += 1
        print(f"--- seed {difference.seed}: {difference.kind}, only the {difference.only} says so\n{difference.text}")
    print(f"{total} differences in {many} programs")
