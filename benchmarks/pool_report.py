"""The tables and the chart of pool_bench.py."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

BEGIN, END = "<!-- benchmark: written by benchmarks/pool_bench.py -->", "<!-- /benchmark -->"


@dataclass(frozen=True)
class Uncontended:
    name: str
    nanoseconds: float


@dataclass(frozen=True)
class Contention:
    """`share`: pairs of the slowest worker to those of the fastest; `starved`: workers that got no connection at all
    after their first round."""

    name: str
    hold: float
    rate: float
    p50: float
    p99: float
    longest: float
    share: float
    starved: int

    @classmethod
    def of(cls, name: str, hold: float, seconds: float, waits: list[list[int]]) -> Contention:
        merged = sorted(wait for own in waits for wait in own)
        counts = [len(own) for own in waits]
        return cls(
            name, hold, len(merged) / seconds, merged[len(merged) // 2] / 1000, merged[int(len(merged) * 0.99)] / 1000,
            merged[-1] / 1000, min(counts) / max(counts), sum(count <= 1 for count in counts),
        )  # fmt: skip


Results = tuple[list[Uncontended], list[Contention]]


def costs(found: list[Uncontended]) -> list[str]:
    base = found[0].nanoseconds
    lines = [f"| one acquire + release, nobody waits | ns | x {found[0].name} |", "|---|---:|---:|"]
    return lines + [f"| {one.name} | {one.nanoseconds:.0f} | {one.nanoseconds / base:.2f} |" for one in found]


def contention(found: list[Contention], who: str) -> list[str]:
    lines = []
    for hold in sorted({one.hold for one in found}):
        held = f"held for {hold * 1000:.0f} ms" if hold else "released at once"
        lines += [
            "",
            f"| 32 {who} on 8 connections, {held} | pairs/s | p50 µs | p99 µs | longest wait µs | share | starved |",
            "|---|---:|---:|---:|---:|---:|---:|",
        ]
        lines += [
            f"| {one.name} | {one.rate:.0f} | {one.p50:.0f} | {one.p99:.0f} | {one.longest:.0f} | {one.share:.2f} "
            f"| {one.starved} |"
            for one in found
            if one.hold == hold
        ]
    return lines


def tables(threads: Results, tasks: Results, real: Results, where: str) -> str:
    lines = [f"Measured with {where}, in one run. `share` is what the slowest worker got to what the fastest got.", ""]
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
                [(one.name, one.share, f"{one.share:.2f}") for one in contended if one.hold],
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
