"""The paths given choose what is printed, never what is known: the same findings of a project, whoever asks, for
however much at once, in whatever order."""

from __future__ import annotations

import multiprocessing
import random
from functools import cache
from pathlib import Path

import pytest

from poollint.engine.request import Request
from poollint.engine.run import run
from poollint.engine.session import Session
from poollint.model.finding import Finding
from tests.fixtures_support import FIXTURES, TOLD_OF
from tests.frontends.flake8_support import FORK, SPAWN, command_line, failing, flake8, positions

FOLDERS = sorted([*TOLD_OF, FIXTURES / "demo_app"])
SEED = 20

FOR_PROCESSES = [path for path in FOLDERS if path.name in ("demo_app", "handler_and_factory", "release_helper")]
"""Processes cost seconds: those whose verdicts need other files, and the one that users see."""

projects = pytest.mark.parametrize("project", FOLDERS, ids=lambda path: path.name)
for_processes = pytest.mark.parametrize("project", FOR_PROCESSES, ids=lambda path: path.name)


@cache
def of_folder(project: Path) -> tuple[Finding, ...]:
    """What a run over the whole folder finds, in one process."""
    findings = run(Request((".",), {"jobs": 1}, working_directory=str(project))).findings
    assert findings
    return findings


def shuffled(project: Path) -> list[str]:
    files = sorted(path.relative_to(project).as_posix() for path in project.rglob("*.py"))
    random.Random(SEED).shuffle(files)
    return files


def ordered(findings: list[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda finding: finding.order))


@projects
def test_each_file_alone(project: Path) -> None:
    found = [
        finding
        for path in shuffled(project)
        for finding in run(Request((path,), working_directory=str(project))).findings
    ]
    assert ordered(found) == of_folder(project)


@projects
def test_one_session_in_random_order(project: Path) -> None:
    session = Session(Request((), working_directory=str(project)))
    found = [f for path in shuffled(project) for f in session.check_text(path, (project / path).read_text("utf-8"))]
    assert ordered(found) == of_folder(project)


@projects
def test_each_file_as_standard_input(project: Path) -> None:
    found: list[Finding] = []
    for path in shuffled(project):
        text = (project / path).read_bytes()
        request = Request(("-",), stdin=text, stdin_filename=path, working_directory=str(project))
        found += run(request).findings
    assert ordered(found) == of_folder(project)


@for_processes
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_the_command_line_with_one_process_and_with_two(project: Path, jobs: str) -> None:
    assert command_line(["."], project, "--jobs", jobs) == failing(of_folder(project))


@for_processes
@pytest.mark.parametrize(("jobs", "start"), [("1", None), ("2", FORK), ("2", SPAWN)], ids=str)
def test_flake8_on_the_folder(project: Path, jobs: str, start: str | None) -> None:
    if start not in (None, *multiprocessing.get_all_start_methods()):
        pytest.skip(f"no {start} here")
    assert positions(flake8(f"-j{jobs}", ".", cwd=project, start=start)) == failing(of_folder(project))


@for_processes
def test_flake8_on_each_file_alone(project: Path) -> None:
    found = [line for path in shuffled(project) for line in flake8(path, cwd=project)]
    assert positions(found) == failing(of_folder(project))


@for_processes
def test_flake8_on_each_file_as_standard_input(project: Path) -> None:
    found = []
    for path in shuffled(project):
        text = (project / path).read_text("utf-8")
        found += flake8(f"--stdin-display-name={path}", "-", cwd=project, stdin=text)
    assert positions(found) == failing(of_folder(project))


def test_where_a_run_starts_changes_nothing() -> None:
    """From the folder above, all projects at once."""
    found = run(Request(tuple(str(folder) for folder in FOLDERS), working_directory=str(FIXTURES))).findings
    assert [finding.fingerprint for finding in found] == [
        finding.fingerprint for project in sorted(FOLDERS) for finding in of_folder(project)
    ]
