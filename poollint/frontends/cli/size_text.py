"""A recommendation for a terminal: what to set, why, and a table of sizes against waiting with its plot."""

from __future__ import annotations

from collections.abc import Iterator

from poollint.catalogue.sized import Sized
from poollint.frontends.formats.style import Style
from poollint.frontends.formats.text import wrapped
from poollint.model.recommended import SHARE, Bound, Recommendation, Service
from poollint.model.sizing import Waiting

BAR = 24
"""Columns of the longest bar."""
EIGHTHS = " ▏▎▍▌▋▊▉█"
TITLES = ("size", "in use", "have to wait", "mean wait", "99 of 100 wait at most")


def text(service: Service, found: Recommendation, arguments: Sized | None, style: Style, can_draw: bool) -> str:
    """All of it; `can_draw` blocks, else letters."""
    lines = [*_headline(service, found, arguments, style), "", *_reasons(service, found, style), ""]
    return "".join(f"{line}\n" for line in [*lines, *_table(found, style, can_draw)])


def _headline(service: Service, found: Recommendation, arguments: Sized | None, style: Style) -> Iterator[str]:
    if found.size is None:
        yield style.paint("No size fits.", "error")
        yield from wrapped(f"{found.change}.", style.width, style.width)
        return
    every = service.all_pools
    total = "" if every == 1 else f", {every} pools in all: {found.size * every} connections"
    yield style.paint(f"A pool of {found.size}", "strong") + total
    if arguments is not None:
        yield f"  {arguments.text}"


def _reasons(service: Service, found: Recommendation, style: Style) -> Iterator[str]:
    for bound in found.bounds:
        is_deciding = bound in (found.lower, found.upper)
        kind = "at least" if bound.name in ("keeps-up", "waiting", "deadlock-free") else "at most "
        mark = ">" if is_deciding else " "
        head = f"{mark} {kind} {bound.size:>4}  "
        lines = wrapped(_reason(service, bound), style.width - len(head), style.width - len(head))
        yield head + lines[0]
        yield from (" " * len(head) + line for line in lines[1:])


def _reason(service: Service, bound: Bound) -> str:
    each = service.each
    if bound.name == "keeps-up":
        return f"to keep up at all: {each.rate:g} a second x {each.hold * 1000:g} ms = {each.busy:.3g} busy on average"
    if bound.name == "waiting":
        return f"so that {_wish(service)}"
    if bound.name == "deadlock-free":
        who = f"{service.threads} threads" if service.threads is not None else f"{_others(service, bound)} at once"
        return f"so that {who}, {service.nested} connections each, never wait for one another"
    if bound.name == "threads":
        held = "" if service.nested == 1 else f", {service.nested} connections each"
        return f"{service.threads} threads{held} never use more"
    reserve = f" - {service.reserved} reserved" * bool(service.reserved)
    return f"the database: ({service.max_connections}{reserve}) / {service.all_pools} pools"


def _others(service: Service, bound: Bound) -> int:
    """How many hold connections at once, where the number of threads is not known."""
    return (bound.size - 1) // (service.nested - 1)


def _wish(service: Service) -> str:
    share = SHARE if service.share is None and service.p99 is None else service.share
    wishes = [f"at most {share * 100:g} % of the acquires wait"] if share is not None else []
    wishes += [f"99 of 100 wait at most {service.p99 * 1000:g} ms"] if service.p99 is not None else []
    return " and ".join(wishes)


# --- the table -----------------------------------------------------------------------------------


def _table(found: Recommendation, style: Style, can_draw: bool) -> Iterator[str]:
    rows = [_cells(row) for row in found.table]
    widths = [max(len(cell) for cell in column) for column in zip(TITLES, *rows, strict=True)]
    yield "   " + "  ".join(f"{title:>{width}}" for title, width in zip(TITLES, widths, strict=True))
    room = style.width - sum(widths) - 2 * len(widths) - 5
    for row, cells in zip(found.table, rows, strict=True):
        is_chosen = row.size == found.size
        line = "  ".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))
        drawn = bar(row.share, min(BAR, room), can_draw) if room > 4 else ""
        line = f"{'>' if is_chosen else ' '}  {line}  {drawn}".rstrip()
        yield style.paint(line, "strong") if is_chosen else line


def _cells(row: Waiting) -> tuple[str, ...]:
    percent = (f"{row.utilisation * 100:.0f} %", f"{_short(row.share * 100)} %")
    return (str(row.size), *percent, f"{_short(row.mean * 1000)} ms", f"{_short(row.p99 * 1000)} ms")


def _short(number: float) -> str:
    """Three digits, nothing smaller than a thousandth."""
    return f"{number:.3g}" if number >= 0.001 or number == 0 else "<0.001"


def bar(share: float, width: int, can_draw: bool) -> str:
    """A share of 1 as a bar of `width` columns."""
    if not can_draw:
        return "#" * round(share * width)
    eighths = round(share * width * 8)
    return "█" * (eighths // 8) + EIGHTHS[eighths % 8].strip()
