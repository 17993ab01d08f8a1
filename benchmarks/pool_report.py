"""The tables and the chart of pool_bench.py."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from statistics import median, median_high

BEGIN, END = "<!-- benchmark: written by benchmarks/pool_bench.py -->", "<!-- /benchmark -->"


Times = list[list[float]]
"""By round, and in it by pool."""


@dataclass(frozen=True)
class Uncontended:
    """`nanoseconds`: of the best round. `ratio`: to the first pool, the median of the rounds."""

    name: str
    nanoseconds: float
    ratios: dict[str, float]
    """To each of the pools that were measured with it."""

    @classmethod
    def of(cls, names: list[str], rounds: Times) -> list[Uncontended]:
        return [
            cls(
                name,
                min(times[place] for times in rounds),
                {other: median(times[place] / times[there] for times in rounds) for there, other in enumerate(names)},
            )
            for place, name in enumerate(names)
        ]


@dataclass(frozen=True)
class Round:
    """What 32 workers did in one turn of one pool. Waits are microseconds. `share`: pairs of the slowest worker to
    those of the fastest; `starved`: workers that got no connection after their first one; `cpu`: microseconds of
    the processor for one pair."""

    rate: float
    p50: float
    p99: float
    longest: float
    share: float
    starved: int
    cpu: float

    @classmethod
    def of(cls, seconds: float, cpu: float, waits: list[list[int]]) -> Round:
        merged = sorted(wait / 1000 for own in waits for wait in own)
        counts = [len(own) for own in waits]
        return cls(
            len(merged) / seconds, merged[len(merged) // 2], merged[int(len(merged) * 0.99)], merged[-1],
            min(counts) / max(counts), sum(count <= 1 for count in counts), cpu / len(merged) * 1e6,
        )  # fmt: skip


@dataclass(frozen=True)
class Contention:
    """Medians of the rounds; of the waits the longest of all. `ratio`: of the rates, to the first pool."""

    name: str
    hold: float
    ratio: float
    middle: Round

    @classmethod
    def of(cls, names: list[str], hold: float, rounds: list[list[Round]]) -> list[Contention]:
        found = []
        for place, name in enumerate(names):
            own = [turns[place] for turns in rounds]
            middle = Round(
                median(one.rate for one in own), median(one.p50 for one in own), median(one.p99 for one in own),
                max(one.longest for one in own), median(one.share for one in own),
                median_high(one.starved for one in own), median(one.cpu for one in own),
            )  # fmt: skip
            found.append(cls(name, hold, median(turns[place].rate / turns[0].rate for turns in rounds), middle))
        return found


Results = tuple[list[Uncontended], list[Contention]]


def costs(found: list[Uncontended]) -> list[str]:
    base = found[0].name
    lines = [f"| one acquire + release, nobody waits | ns | x {base} |", "|---|---:|---:|"]
    return lines + [f"| {one.name} | {one.nanoseconds:.0f} | {one.ratios[base]:.2f} |" for one in found]


def contention(found: list[Contention], who: str) -> list[str]:
    lines = []
    for hold in sorted({one.hold for one in found}):
        rows = [one for one in found if one.hold == hold]
        held = f"held for {hold * 1000:.0f} ms" if hold else "released at once"
        lines += [
            "",
            f"| 32 {who} on 8 connections, {held} | pairs/s | x {rows[0].name} | CPU µs | p50 µs | p99 µs "
            "| longest µs | share | starved |",
            "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
        ]
        for one in rows:
            of = one.middle
            lines.append(
                f"| {one.name} | {of.rate:.0f} | {one.ratio:.2f} | {of.cpu:.1f} | {of.p50:.0f} | {of.p99:.0f} "
                f"| {of.longest:.0f} | {of.share:.2f} | {of.starved} |"
            )
    return lines


@dataclass(frozen=True)
class Target:
    """What the pool is held to. `most`: the figure may be that high; else it must be that high."""

    what: str
    figure: float
    bound: float
    most: bool = True

    def line(self) -> str:
        is_met = self.figure <= self.bound if self.most else self.figure >= self.bound
        sign = "<=" if self.most else ">="
        return f"| {self.what} | {sign} {self.bound:.2f} | {self.figure:.2f} | {'yes' if is_met else '**no**'} |"


def targets(threads: Results, tasks: Results) -> list[str]:
    own, own_async = "poollint Pool, acquire + release", "poollint AsyncPool, acquire + release"
    cost = {one.name: one.ratios for one in (*threads[0], *tasks[0])}
    slow = {one.name: one for one in (*threads[1], *tasks[1]) if one.hold}
    wanted = []
    for name, other, bound in (
        (own, "queue.LifoQueue", 1.0), (own, "psycopg_pool", 0.5), (own, "SQLAlchemy QueuePool", 0.3),
        (own_async, "asyncio.LifoQueue", 2.5), (own_async, "psycopg AsyncConnectionPool", 0.5),
    ):  # fmt: skip
        if other in cost[name]:
            wanted.append(Target(f"{name}: time to that of {other}", cost[name][other], bound))
    for name in (own, own_async):
        wanted.append(Target(f"{name}, 1 ms: throughput to the queue's", slow[name].ratio, 0.93, most=False))
        wanted.append(Target(f"{name}, 1 ms: share of the slowest", slow[name].middle.share, 0.9, most=False))
    return ["| held to | bound | measured | met |", "|---|---:|---:|---|", *(one.line() for one in wanted), ""]


def tables(threads: Results, tasks: Results, real: Results, where: str) -> str:
    lines = [
        f"Measured with {where}, in one run of many short rounds in which all have their turn.",
        "Ratios, and the figures under contention, are medians of the rounds; ns are those of the best one, and the",
        "longest wait is that of all. `share` is what the slowest worker got to what the fastest got; `starved` are",
        "workers that got nothing after their first connection.",
        "",
        *targets(threads, tasks),
    ]
    for (uncontended, contended), who in ((threads, "threads"), (tasks, "tasks")):
        lines += [*costs(uncontended), *contention(contended, who), ""]
    lines += ["Over a real PostgreSQL:", "", *costs(real[0]), *contention(real[1], "tasks"), ""]
    return "\n".join(lines)


def bars(title: str, rows: list[tuple[str, float, str]], top: int) -> tuple[str, int]:
    widest = max(value for _, value, _ in rows) or 1
    parts = [f'<text x="10" y="{top}" class="title">{title}</text>']
    for number, (name, value, label) in enumerate(rows):
        y = top + 14 + number * 22
        kind = "own" if name.startswith("poollint") else "other"
        parts.append(f'<text x="250" y="{y + 12}" text-anchor="end">{name}</text>')
        parts.append(f'<rect x="258" y="{y}" width="{max(1, 340 * value / widest):.0f}" height="16" class="{kind}"/>')
        parts.append(f'<text x="{262 + max(1, 340 * value / widest):.0f}" y="{y + 12}">{label}</text>')
    return "\n".join(parts), top + 14 + len(rows) * 22 + 26


def costs_of(found: list[Uncontended]) -> list[tuple[str, float, str]]:
    return [(one.name, one.nanoseconds, f"{one.nanoseconds:.0f}") for one in found]


def chart(threads: Results, tasks: Results) -> str:
    body, top = [], 24
    for (uncontended, contended), who in ((threads, "threads"), (tasks, "tasks")):
        for title, rows in (
            (f"One acquire and release, {who}: nanoseconds", costs_of(uncontended)),
            (
                f"32 {who} on 8 connections, held for 1 ms: share of the slowest",
                [(one.name, one.middle.share, f"{one.middle.share:.2f}") for one in contended if one.hold],
            ),
        ):
            part, top = bars(title, rows, top)
            body.append(part)
    style = (
        "text{font:12px sans-serif;fill:#444}.title{font-weight:bold;fill:#111}.own{fill:#2a7ab0}.other{fill:#b9c3cb}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="680" height="{top}" viewBox="0 0 680 {top}">\n'
        f'<style>{style}</style>\n<rect width="680" height="{top}" fill="#fff"/>\n' + "\n".join(body) + "\n</svg>\n"
    )


def write(threads: Results, tasks: Results, real: Results, where: str, docs: Path | None) -> None:
    text = tables(threads, tasks, real, where)
    print(text)
    if docs is None:
        return
    page = (docs / "pool.md").read_text("utf-8")
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    (docs / "pool.md").write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", "utf-8")
    (docs / "pool.svg").write_text(chart(threads, tasks), "utf-8")
