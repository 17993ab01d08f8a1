"""How poollint's cost grows with the length of one file, the terms of a statement and the branches of a function.

    python benchmarks/growth.py [--largest 50000]

Each case is a made-up file in a folder of its own, checked by one process without a cache. Printed are CPU seconds,
microseconds a line, and the largest memory.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from compare import run

HEAD = """\
import asyncpg
import requests

pool = None


async def start():
    global pool
    pool = await asyncpg.create_pool("postgres://db")
"""
HANDLER = """

async def handler{number}(request):
    connection = await pool.acquire()
    try:
        if request.early{number}:
            return await connection.fetch("select {number}")
        value = helper{number}(connection)
    finally:
        await pool.release(connection)
    return value


def helper{number}(connection):
    return requests.get("https://api.example.com/{number}", timeout=3).json()
"""


def handlers(lines: int) -> str:
    each = HANDLER.count("\n")
    return HEAD + "".join(HANDLER.format(number=number) for number in range(lines // each))


def terms(count: int) -> str:
    return HEAD + "\nurls = [\n" + "".join(f'    build("{number}", pool),\n' for number in range(count)) + "]\n"


def branches(count: int) -> str:
    each = "    if a.x{0}:\n        c.execute({0})\n    else:\n        a.y{0}(c)\n"
    body = "".join(each.format(number) for number in range(count))
    return (
        "import psycopg2.pool\n\np = psycopg2.pool.ThreadedConnectionPool(1, 5, 'x')\n\n\ndef f(a):\n"
        f"    c = p.getconn()\n{body}    p.putconn(c)\n"
    )


def cases(largest: int) -> Iterator[tuple[str, str]]:
    for count in (100, 1_000, 10_000, 50_000):
        if count <= largest:
            yield f"a file of {count:,} lines", handlers(count)
    for count in (100, 1_000, 5_000):
        yield f"a statement of {count:,} terms", terms(count)
    for count in (5, 20, 60):
        yield f"a function of {count} branches", branches(count)


def main() -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--largest", type=int, default=50_000)
    arguments = parser.parse_args()
    print("| | lines | findings | CPU s | microseconds a line | MB |\n|---|--:|--:|--:|--:|--:|")
    for name, text in cases(arguments.largest):
        print(row(name, text), flush=True)
    return 0


def row(name: str, text: str) -> str:
    flags = ["-q", "--no-cache", "--isolated", "-j1", "--output-format", "json"]
    command = [sys.executable, "-m", "poollint", *flags, "."]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "made.py").write_text(text, "utf-8")
        cost, said = run(command, Path(folder))
    lines, findings = text.count("\n"), len(json.loads(said)["findings"])
    return (
        f"| {name} | {lines:,} | {findings:,} | {cost.cpu:.2f} | {cost.cpu / lines * 1e6:,.0f} | {cost.memory:.0f} |"
    )


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except subprocess.SubprocessError as error:
        raise SystemExit(str(error)) from error
