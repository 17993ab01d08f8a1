"""Whether real flake8 and the command line say the same of whole trees, position for position.

    python benchmarks/agreement.py FOLDER ...

Each folder is run from within, by `poollint --output-format json .` and by `flake8 --select=CPL .`, and what each
took is printed with what only one of them says. The exit status is 1 where they differ. Left out: CPL000 to
CPL004, and files that the command line does not walk into or flake8 does not (stubs, what git ignores).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

OUTSIDE = frozenset(f"CPL00{number}" for number in range(5))
FORMAT = "%(path)s\t%(row)d\t%(col)d\t%(code)s"

Position = tuple[str, int, int, str]
"""(path from the folder, line, column, code)"""


def main(folders: list[str]) -> int:
    if not folders:
        print(__doc__)
        return 2
    different = [differs(Path(folder)) for folder in folders]
    return int(any(different))


def differs(folder: Path) -> bool:
    """Compares both on one folder, and tells."""
    begin = time.perf_counter()
    ours, walked = command_line(folder)
    middle = time.perf_counter()
    theirs = {position for position in flake8(folder) if position[0] in walked}
    end = time.perf_counter()
    told = f"{len(walked)} files; poollint {len(ours)} findings in {middle - begin:.1f} s"
    print(f"{folder.name}: {told}, flake8 {len(theirs)} in {end - middle:.1f} s")
    for name, only in (("poollint", ours - theirs), ("flake8", theirs - ours)):
        for path, line, column, code in sorted(only):
            print(f"  only {name}: {path}:{line}:{column}: {code}")
    return ours != theirs


def command_line(folder: Path) -> tuple[set[Position], set[str]]:
    """What makes the command line fail in files that flake8 looks at, and which files these are."""
    findings = json.loads(run(folder, "poollint", "--output-format", "json", "."))["findings"]
    walked = {path for path in python_files(folder) if path.endswith(".py")}
    found = {(f["path"], f["line"], f["column"], f["code"]) for f in findings if f["severity"] != "info"}
    return {position for position in found if position[0] in walked and position[3] not in OUTSIDE}, walked


def python_files(folder: Path) -> Iterable[str]:
    """The files that the command line walks to."""
    from poollint.engine.discovery import discover
    from poollint.engine.request import Request
    from poollint.engine.session import Session

    session = Session(Request((".",), working_directory=str(folder)))
    root = os.path.realpath(folder).replace(os.sep, "/")
    return [path[len(root) + 1 :] for path in discover((".",), session.roots, session.config_of).files]


def flake8(folder: Path) -> set[Position]:
    found: set[Position] = set()
    for line in run(folder, "flake8", "--isolated", "--select=CPL", f"--format={FORMAT}", ".").splitlines():
        path, row, column, code = line.split("\t")
        if code not in OUTSIDE:
            found.add((os.path.normpath(path).replace(os.sep, "/"), int(row), int(column), code))
    return found


def run(folder: Path, *command: str) -> str:
    done = subprocess.run([sys.executable, "-m", *command], cwd=folder, capture_output=True, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(command)}: {done.stderr.decode()}")
    return done.stdout.decode()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
