"""What poollint costs beside other linters and LibCST's parser, in one run.

    python benchmarks/compare.py [FOLDER ...] [--download NAME==VERSION ...] [--rounds 5] [--sample 60] [--write]

Each folder, and each wheel that pip downloads, is checked by every tool once a round, in turns, so that a busy machine
is as busy for all; the medians of CPU seconds (children included) and of wall seconds count. Tools that are
too slow for whole trees read an even sample of the files. A line is void where poollint's findings with and without
its cache differ. `--write` puts the table and its chart into docs/performance.md and docs/performance.svg.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

HERE = Path(__file__).parent
DOCS = HERE.parent / "docs"
RUFF_RULES = "ASYNC,SIM115,S113,PERF"
PARSE = "import sys, libcst\nfor p in sys.argv[1:]:\n    libcst.parse_module(open(p, 'rb').read())"
ENDS = frozenset({0, 1, 32, 4, 8, 16})
"""Exit statuses of tools that ran to their end; pylint's are bits."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one run of one tool; seconds, and the largest process in megabytes."""

    wall: float
    cpu: float
    memory: float


@dataclass(frozen=True, slots=True)
class Tree:
    """A folder of Python; `sample` are files for the slow tools."""

    name: str
    folder: Path
    files: int
    lines: int
    size: int
    sample: tuple[Path, ...]
    sample_lines: int


@dataclass(frozen=True, slots=True)
class Line:
    """A tool on a tree: medians, and how many lines it read."""

    tree: Tree
    tool: str
    cost: Cost
    lines: int

    @property
    def rate(self) -> float:
        """Lines per CPU second."""
        return self.lines / max(self.cost.cpu, 0.001)


# --- trees ---------------------------------------------------------------------------------------


def tree_of(folder: Path, count: int) -> Tree:
    """The Python files of a folder, with every n-th of them as the sample."""
    files = sorted(path for path in folder.rglob("*.py") if path.is_file())
    lines = {path: path.read_bytes().count(b"\n") for path in files}
    sample = tuple(files[:: max(1, len(files) // count)][:count])
    size = sum(path.stat().st_size for path in files)
    return Tree(
        folder.name, folder, len(files), sum(lines.values()), size, sample, sum(lines[path] for path in sample)
    )


def downloaded(requirement: str, into: Path) -> Path:
    """The contents of a wheel from the registry."""
    wheels = into / "wheels"
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:", "-d", str(wheels)]
    subprocess.run([*command, requirement], check=True)
    name = requirement.partition("==")[0].lower().replace("-", "_")
    wheel = next(path for path in wheels.glob("*.whl") if path.name.lower().startswith(f"{name}-"))
    target = into / "-".join(wheel.name.split("-")[:2])
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(target)
    return target


# --- running -------------------------------------------------------------------------------------


def run(command: Sequence[str], folder: Path) -> tuple[Cost, bytes]:
    """One run, measured by what the system says of the process and its children."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        begin = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in ENDS:
            errors.seek(0)
            raise SystemExit(f"{' '.join(command)[:200]}: {process.returncode}: {errors.read().decode()[-500:]}")
        output.seek(0)
        return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024), output.read()


def commands(tree: Tree, caches: Path) -> dict[str, list[str]]:
    """What each tool is called with; those after ruff's only with the sample."""
    python = [sys.executable, "-m"]
    poollint = [*python, "poollint", "-q", "--output-format", "json"]
    ruff = [*python, "ruff", "check", "-q", "--isolated", "--select", RUFF_RULES, "--exit-zero"]
    sample = [str(path) for path in tree.sample]
    cache = ["--cache-dir", str(caches / f"{tree.name}-poollint")]
    found = {
        "poollint": [*poollint, "--no-cache", "."],
        "poollint, warm": [*poollint, *cache, "."],
        "ruff": [*ruff, "--no-cache", "."],
        "ruff, warm": [*ruff, "--cache-dir", str(caches / f"{tree.name}-ruff"), "."],
        "libcst.parse_module": [sys.executable, "-c", PARSE, *sample],
    }
    if has("flake8-async"):
        found["flake8-async"] = [*python, "flake8", "--isolated", "-j1", "--select=ASYNC", *sample]
    if has("pylint"):
        found["pylint R1732"] = [*python, "pylint", "--disable=all", "--enable=R1732", "-j1", *sample]
    return found


def has(distribution: str) -> bool:
    try:
        metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return False
    return True


def measured(tree: Tree, rounds: int, caches: Path) -> list[Line]:
    """The medians of one tree, after one round that fills the caches of tools and system."""
    called = commands(tree, caches)
    said = {name: run(command, tree.folder)[1] for name, command in called.items() if name.startswith("poollint")}
    said["again"] = run(called["poollint, warm"], tree.folder)[1]
    if len(set(said.values())) != 1:
        raise SystemExit(f"{tree.name}: the findings with and without the cache differ")
    run(called["ruff, warm"], tree.folder)
    costs: dict[str, list[Cost]] = {name: [] for name in called}
    for _ in range(rounds):
        for name, command in called.items():
            costs[name].append(run(command, tree.folder)[0])
    return [
        Line(tree, name, median(found), tree.lines if name.startswith(("poollint", "ruff")) else tree.sample_lines)
        for name, found in costs.items()
    ]


def median(costs: Iterable[Cost]) -> Cost:
    found = list(costs)
    return Cost(
        statistics.median(cost.wall for cost in found),
        statistics.median(cost.cpu for cost in found),
        max(cost.memory for cost in found),
    )


# --- telling -------------------------------------------------------------------------------------


def table(lines: Sequence[Line]) -> str:
    """Markdown, one row a tool and tree."""
    rows = [
        "| tree | files | lines | tool | CPU s | wall s | MB | lines per CPU s | CPU, poollint is |",
        "|---|--:|--:|---|--:|--:|--:|--:|--:|",
    ]
    for line in lines:
        tree, cost = line.tree, line.cost
        rows.append(
            f"| {tree.name} | {tree.files:,} | {line.lines:,} | {line.tool} | {cost.cpu:.2f} | {cost.wall:.2f} "
            f"| {cost.memory:.0f} | {line.rate:,.0f} | {_ratio(line, lines)} |"
        )
    return "\n".join(rows)


def _ratio(line: Line, lines: Sequence[Line]) -> str:
    """poollint's time for as many lines, in the same state of its cache, over this tool's."""
    if line.tool.startswith("poollint"):
        return ""
    ours = "poollint, warm" if line.tool.endswith("warm") else "poollint"
    own = next(each for each in lines if each.tree is line.tree and each.tool == ours)
    return f"{line.rate / own.rate:.2g} x"


def chart(lines: Sequence[Line]) -> str:
    """Lines per CPU second, one bar a tool and tree, on a logarithmic scale."""
    import math

    height, left, width = 22, 270, 480
    top = max(math.log10(max(line.rate, 10)) for line in lines)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 110}" height="{height * len(lines) + 40}" '
        'font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
        '<text x="10" y="20">lines per CPU second (each step to the right is ten times as many)</text>',
    ]
    for number in range(1, math.ceil(top) + 1):
        x = left + width * number / top
        if x <= left + width:
            parts.append(f'<line x1="{x:.0f}" y1="30" x2="{x:.0f}" y2="{height * len(lines) + 34}" stroke="#ddd"/>')
    for row, line in enumerate(lines):
        y = 32 + row * height
        length = width * math.log10(max(line.rate, 10)) / top
        colour = "#2b6cb0" if line.tool.startswith("poollint") else "#a0aec0"
        parts += [
            f'<text x="10" y="{y + 14}">{line.tree.name}: {line.tool}</text>',
            f'<rect x="{left}" y="{y + 2}" width="{length:.0f}" height="{height - 6}" fill="{colour}"/>',
            f'<text x="{left + length + 6:.0f}" y="{y + 14}">{line.rate:,.0f}</text>',
        ]
    return "\n".join([*parts, "</svg>", ""])


def circumstances(rounds: int) -> str:
    """The machine and the versions."""
    tools = ("ruff", "libcst", "flake8-async", "pylint")
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in tools if has(name))
    machine = f"{os.cpu_count()} processors ({platform.machine()}), load {os.getloadavg()[0]:.1f} at the end"
    return f"Python {platform.python_version()}, {versions}; {machine}; medians of {rounds}."


def write(text: str, svg: str) -> None:
    """Into the page, between its marks."""
    page = DOCS / "performance.md"
    before, _, rest = page.read_text("utf-8").partition("<!-- measured -->\n")
    _, _, after = rest.partition("<!-- end -->")
    page.write_text(f"{before}<!-- measured -->\n{text}\n<!-- end -->{after}", "utf-8")
    (DOCS / "performance.svg").write_text(svg, "utf-8")


def main() -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--download", action="append", default=[], metavar="NAME==VERSION")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sample", type=int, default=60)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folders = [Path(shutil.copytree(each, Path(scratch, each.resolve().name))) for each in arguments.folders]
        folders += [downloaded(requirement, Path(scratch)) for requirement in arguments.download]
        lines: list[Line] = []
        for folder in folders:
            lines += measured(tree_of(folder, arguments.sample), arguments.rounds, Path(scratch, "caches"))
    text = f"{table(lines)}\n\n{circumstances(arguments.rounds)}"
    print(text)
    if arguments.write:
        write(text, chart(lines))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
