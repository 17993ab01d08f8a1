"""`poollint size`: how large a pool must be for its load, and how large its database lets it be."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable, Sequence
from typing import Any

from poollint.catalogue.catalogue import load_catalogue
from poollint.catalogue.sized import Sized, sizable, sized
from poollint.engine.errors import UsageError, listed, near
from poollint.frontends.cli import size_svg, size_text, terminal
from poollint.frontends.cli.arguments import Parser
from poollint.frontends.cli.commands import CLEAN, FINDINGS
from poollint.model.recommended import Recommendation, Service, recommend
from poollint.model.sizing import Load, Waiting

FORMATS = ("text", "json")
EXAMPLE = "poollint size --qps 200 --hold 10 --workers 4 --hosts 2 --max-connections 100 --reserved 3"
MOST = 1e9
"""Numbers beyond it are mistakes."""


def main(arguments: Sequence[str]) -> int:
    """Prints the size; `UsageError` for numbers that make no sense. 1 where no size fits."""
    parser = _parser()
    found = parser.read(arguments)
    if parser.has_helped(found):
        return CLEAN
    service = _service(found)
    try:
        recommendation = recommend(service)
    except OverflowError as error:
        raise UsageError(f"size: this load needs {error}") from None
    arguments_of = _sized(found.library, recommendation)
    if found.plot is not None:
        _write(found.plot, size_svg.plot(recommendation))
    if found.output_format == "json":
        print(json.dumps(document(service, recommendation, arguments_of), indent=2, allow_nan=False))
    else:
        style = terminal.style_of(sys.stdout, found.color)
        can_draw = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
        sys.stdout.write(size_text.text(service, recommendation, arguments_of, style, can_draw))
    return CLEAN if recommendation.size is not None else FINDINGS


# --- flags ---------------------------------------------------------------------------------------


def _parser() -> Parser:
    parser = Parser(
        "poollint size",
        "poollint size --qps N --hold MS [FLAGS]",
        "How large a pool must be for its load, how large its database lets it be, and who waits how long.",
        f"For example: {EXAMPLE}. Exit status: 0 a size fits, 1 none does, 2 bad usage.",
    )
    load = parser.add_argument_group("load")
    limits = parser.add_argument_group("limits")
    output = parser.add_argument_group("output")

    def number(group: Any, flag: str, read: Callable[[str], float], help: str, default: float | None = None) -> None:
        shown = "" if default is None else f" [{default}]"
        group.add_argument(flag, type=read, default=default, metavar="N", help=help + shown)

    whole = _number(whole=True, least=1)
    number(load, "--qps", _number(above=0), "acquires a second, of all processes of the service together")
    number(load, "--hold", _number(above=0), "milliseconds that a connection is held, on average")
    number(load, "--workers", whole, "processes on one host", 1)
    number(load, "--hosts", whole, "hosts", 1)
    number(load, "--pools", whole, "pools in one process", 1)
    number(load, "--threads", whole, "threads of one process that use the pool")
    number(load, "--nested", whole, "connections that one thread or task holds at once", 1)
    number(limits, "--max-connections", whole, "the database's limit")
    number(limits, "--reserved", _number(whole=True, least=0), "connections of it that others need", 0)
    share = _number(above=0, below=1)
    number(limits, "--p-wait", share, "share of the acquires that may have to wait [0.05, unless --p99-wait is given]")
    number(limits, "--p99-wait", _number(least=0), "milliseconds that 99 of 100 acquires may wait at most")
    output.add_argument("--library", metavar="NAME", help="print the keyword arguments of this library")
    output.add_argument("--output-format", choices=FORMATS, default="text", metavar="|".join(FORMATS), help="[text]")
    output.add_argument("--plot", metavar="FILE.svg", help="draw waiting against size into this file")
    output.add_argument("--color", choices=terminal.COLOR, default="auto", metavar="|".join(terminal.COLOR))
    output.add_argument("-h", "--help", action="store_true", help="print this")
    return parser


def _number(
    whole: bool = False, least: float | None = None, above: float | None = None, below: float | None = None
) -> Callable[[str], float]:
    """A reader of numbers within limits."""
    kind = "a whole number" if whole else "a number"
    limits = (("of at least", least), ("above", above), ("below", below))
    told = " and ".join(f"{words} {limit:g}" for words, limit in limits if limit is not None)
    expected = f"expected {kind} {told}"

    def read(text: str) -> float:
        try:
            value = int(text) if whole else float(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f'{expected}, got "{text}"') from None
        too_low = (least is not None and value < least) or (above is not None and value <= above)
        if not math.isfinite(value) or value > MOST or too_low or (below is not None and value >= below):
            raise argparse.ArgumentTypeError(f'{expected}, got "{text}"')
        return value

    return read


def _service(found: argparse.Namespace) -> Service:
    for name in ("qps", "hold"):
        if getattr(found, name) is None:
            raise UsageError(f"size: --{name} is missing; for example: {EXAMPLE}")
    if found.max_connections is None and found.reserved:
        raise UsageError("--reserved: needs --max-connections")
    if found.max_connections is not None and found.reserved >= found.max_connections:
        raise UsageError(f"--reserved: expected less than --max-connections {found.max_connections}")
    return Service(
        load=Load(found.qps, found.hold / 1000),
        processes=found.workers,
        hosts=found.hosts,
        pools=found.pools,
        threads=found.threads,
        nested=found.nested,
        max_connections=found.max_connections,
        reserved=found.reserved,
        share=found.p_wait,
        p99=None if found.p99_wait is None else found.p99_wait / 1000,
    )


def _sized(name: str | None, recommendation: Recommendation) -> Sized | None:
    """The arguments of the chosen library; `UsageError` where there is none such, or it refuses the size."""
    if name is None:
        return None
    known = {library.name: library for library in sizable(load_catalogue().libraries)}
    if name not in known:
        raise UsageError(f'--library: unknown library "{name}"{near(name, known) or f"; known are {listed(known)}"}')
    if recommendation.size is None:
        return None
    found = sized(known[name], recommendation.size)
    if found.maximum is not None and recommendation.size > found.maximum:
        raise UsageError(f"--library: a pool of {name} holds {found.maximum} at most, {recommendation.size} are needed")
    return found


def _write(path: str, text: str) -> None:
    if not path.endswith(".svg"):
        raise UsageError(f'--plot: expected a file that ends in ".svg", got "{path}"')
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(f"--plot: {path} cannot be written: {error.strerror}") from None


# --- JSON ----------------------------------------------------------------------------------------


def document(service: Service, found: Recommendation, arguments: Sized | None) -> dict[str, object]:
    """`recommended` and `upper` are null where there is none; what never ends is null."""
    return {
        "version": 1,
        "recommended": found.size,
        "lower": found.lower.size,
        "upper": None if found.upper is None else found.upper.size,
        "bounds": {bound.name: bound.size for bound in found.bounds},
        "busy": _plain(service.each.busy),
        "pools": service.all_pools,
        "change": found.change or None,
        "constructor": None if arguments is None else arguments.constructor,
        "arguments": None if arguments is None else dict(arguments.arguments),
        "table": [_row(row) for row in found.table],
    }


def _row(row: Waiting) -> dict[str, object]:
    return {
        "size": row.size,
        "utilisation": _plain(row.utilisation),
        "p_wait": _plain(row.share),
        "mean_wait_ms": _plain(row.mean * 1000),
        "p99_wait_ms": _plain(row.p99 * 1000),
    }


def _plain(number: float) -> float | None:
    """Six digits; None for what never ends."""
    return float(f"{number:.6g}") if math.isfinite(number) else None


