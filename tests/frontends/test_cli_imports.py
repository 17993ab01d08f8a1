"""What a run that has nothing to do does not import."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.frontends.cli_support import LEAK, PLAIN, environment, project

SCRIPT = """
import io, json, sys
out, sys.stdout, sys.stderr = sys.stdout, io.StringIO(), io.StringIO()
from poollint.frontends.cli.main import main
status = main(sys.argv[1:])
out.write(json.dumps([status, sorted({name.partition(".")[0] for name in sys.modules}), sorted(sys.modules)]))
"""


def modules_of(*arguments: str, cwd: Path) -> tuple[int, set[str], set[str]]:
    """The exit status, the packages and the modules that a run has imported."""
    command = [sys.executable, "-c", SCRIPT, *arguments]
    done = subprocess.run(command, cwd=cwd, capture_output=True, check=True, env=environment())
    status, packages, modules = json.loads(done.stdout)
    return status, set(packages), set(modules)


def test_files_that_are_not_our_business_cost_no_libcst(tmp_path: Path) -> None:
    project(tmp_path, a_py=PLAIN, b_py="import os\nimport requests_mine\n")
    status, packages, _ = modules_of("a.py", "b.py", cwd=tmp_path)
    assert status == 0
    assert packages & {"libcst", "flake8"} == set()
    assert modules_of(".", cwd=tmp_path)[1] & {"libcst", "flake8"} == set()


def test_files_that_are_do_cost_it(tmp_path: Path) -> None:
    status, packages, _ = modules_of("a.py", cwd=project(tmp_path, a_py=LEAK))
    assert status == 1
    assert "libcst" in packages


def test_the_version_costs_neither_engine_nor_argparse(tmp_path: Path) -> None:
    status, packages, modules = modules_of("--version", cwd=tmp_path)
    assert status == 0
    assert packages & {"libcst", "flake8", "argparse", "tomli", "pathspec"} == set()
    assert not [name for name in modules if name.startswith(("poollint.engine", "poollint.analysis"))]


def test_a_format_that_is_not_asked_for_is_not_imported(tmp_path: Path) -> None:
    modules = modules_of("a.py", "--output-format=concise", cwd=project(tmp_path, a_py=LEAK))[2]
    formats = {name for name in modules if name.startswith("poollint.frontends.formats.")}
    assert "poollint.frontends.formats.concise" in formats
    assert not {f"poollint.frontends.formats.{name}" for name in ("full", "json", "github")} & formats
