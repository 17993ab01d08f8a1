"""`poollint pools [PATH ...]`: the inventory of every pool, engine and client."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from poollint.engine.request import Request
from poollint.engine.run import run
from poollint.frontends.cli.arguments import Parser
from poollint.frontends.cli.commands import CLEAN, USAGE
from poollint.frontends.formats.text import clean
from poollint.model.report import PoolEntry, Report

FORMATS = ("text", "json")
VERSION = 1


def main(arguments: Sequence[str]) -> int:
    """Prints what is constructed in the files that the arguments name, whatever rules say of it."""
    parser = _parser()
    found = parser.read(arguments)
    if parser.has_helped(found):
        return CLEAN
    report = run(Request(tuple(found.paths) or (".",), {}, config=found.config, isolated=found.isolated))
    for error in report.errors:
        print(f"poollint: error: {clean(error.path)}: {clean(error.message)}", file=sys.stderr)
    if found.output_format == "json":
        print(json.dumps(document(report), indent=2))
    else:
        sys.stdout.write("".join(f"{line}\n" for line in text(report)))
    return USAGE if report.errors else CLEAN


def _parser() -> Parser:
    parser = Parser(
        "poollint pools",
        "poollint pools [FLAGS] [PATH ...]",
        "Lists every pool, engine and client that the files construct: where, with which settings, how often it is "
        "made, and how many places acquire from it.",
        "Exit status: 0, or 2 where something could not be read.",
    )
    parser.add_argument("paths", nargs="*", default=[], help=argparse.SUPPRESS)
    parser.add_argument("--output-format", choices=FORMATS, default="text", metavar="|".join(FORMATS), help="[text]")
    parser.add_argument("--config", metavar="FILE", help="read this file in place of each pyproject.toml")
    parser.add_argument("--isolated", action="store_true", help="read no configuration file")
    parser.add_argument("-h", "--help", action="store_true", help="print this")
    return parser


def document(report: Report) -> dict[str, Any]:
    """The inventory as plain data, in the order of places."""
    return {"version": VERSION, "pools": [_row(pool) for pool in report.pools]}


def _row(pool: PoolEntry) -> dict[str, Any]:
    return {
        "key": pool.key,
        "library": pool.library,
        "kind": pool.kind,
        "path": pool.location.path,
        "line": pool.location.line,
        "column": pool.location.column,
        "made": pool.made or None,
        "options": dict(sorted(pool.options.items())),
        "acquires": pool.acquires,
    }


def text(report: Report) -> Iterator[str]:
    """A paragraph for each pool, and how many there are."""
    for pool in report.pools:
        at = pool.location
        yield f"{clean(at.path)}:{at.line}:{at.column}: {pool.library} {pool.kind} `{clean(pool.key)}`"
        often = f"made {pool.made}" if pool.made else "how often it is made is not known"
        yield f"    {often}; {_counted(pool.acquires, 'acquire site')}"
        for keyword, value in sorted(pool.options.items()):
            yield f"    {keyword} = {clean(value)}"
    yield f"{_counted(len(report.pools), 'pool')}."


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number or 'no'} {noun}s"
