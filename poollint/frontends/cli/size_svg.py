"""Waiting against size as an SVG picture: one polygon, its axes, and the recommended size."""

from __future__ import annotations

from collections.abc import Iterator

from poollint.model.recommended import Recommendation
from poollint.model.sizing import Waiting

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 640, 360, 70, 40, 20, 60
STYLE = (
    "text{font:13px sans-serif;fill:#333}.axis{stroke:#888;fill:none}.line{stroke:#1f6feb;stroke-width:2;fill:none}"
    ".dot{fill:#1f6feb}.chosen{stroke:#d1242f;stroke-dasharray:4 3}"
)


def plot(found: Recommendation) -> str:
    """The share of acquires that wait, by size."""
    rows = found.table
    highest = max(row.share for row in rows)
    first, last = rows[0].size, rows[-1].size

    def x(size: float) -> float:
        return LEFT + (size - first) / max(last - first, 1) * (WIDTH - LEFT - RIGHT)

    def y(share: float) -> float:
        return HEIGHT - BOTTOM - share / highest * (HEIGHT - TOP - BOTTOM)

    def parts() -> Iterator[str]:
        size = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
        yield f'<svg xmlns="http://www.w3.org/2000/svg" {size}>'
        yield f"<style>{STYLE}</style>"
        yield f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
        yield f'<text x="{LEFT}" y="24">Acquires that have to wait, by the size of the pool</text>'
        yield f'<path class="axis" d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}"/>'
        for share in (0.0, highest / 2, highest):
            yield f'<text x="{LEFT - 8}" y="{y(share) + 4:.1f}" text-anchor="end">{share * 100:.2g} %</text>'
        if found.size is not None and first <= found.size <= last:
            at = x(found.size)
            yield f'<path class="chosen" d="M{at:.1f} {TOP}V{HEIGHT - BOTTOM}"/>'
            yield f'<text x="{at + 6:.1f}" y="{TOP + 12}">recommended: {found.size}</text>'
        yield f'<polyline class="line" points="{" ".join(f"{x(r.size):.1f},{y(r.share):.1f}" for r in rows)}"/>'
        for row in rows:
            yield from _point(row, x(row.size), y(row.share))
        middle = (LEFT + WIDTH - RIGHT) / 2
        yield f'<text x="{middle:.0f}" y="{HEIGHT - 14}" text-anchor="middle">connections in the pool</text>'
        yield "</svg>"

    return "\n".join(parts()) + "\n"


def _point(row: Waiting, x: float, y: float) -> Iterator[str]:
    label = f"{row.size}: {row.share * 100:.3g} % wait, 99 of 100 at most {row.p99 * 1000:.3g} ms"
    yield f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="3"><title>{label}</title></circle>'
    yield f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{row.size}</text>'
