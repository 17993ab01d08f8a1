"""Every fixture file under all rules, by the marks that it carries."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from poollint.engine.request import Request
from poollint.engine.run import run
from poollint.model.finding import Finding
from poollint.model.report import Report
from poollint.rules import all_rules, stem
from tests.fixtures_support import FIXTURES, PROJECTS, Fixture, fixtures, marks, said, session_of, steps, told

BAD, GOOD = fixtures("bad_"), fixtures("good_")
NAMES = [project.name for project in sorted(PROJECTS.iterdir()) if project.is_dir()]


@pytest.mark.parametrize("fixture", BAD, ids=lambda fixture: fixture.id)
def test_a_bad_file_is_told_exactly_as_marked(fixture: Fixture) -> None:
    findings, marked = fixture.findings(), marks(fixture.text)
    assert said(findings) == marked.expected, told(findings)
    assert fixture.rule in {code for _, code in marked.expected}
    assert marked.related <= steps(findings, fixture.path.name), told(findings)


@pytest.mark.parametrize("fixture", GOOD, ids=lambda fixture: fixture.id)
def test_a_good_file_is_silent_under_all_rules(fixture: Fixture) -> None:
    findings = tuple(f for f in fixture.findings() if f.code not in fixture.excused)
    assert said(findings) == said(()), told(findings)


@pytest.mark.parametrize("fixture", GOOD, ids=lambda fixture: fixture.id)
def test_a_good_file_holds_something_that_was_looked_at(fixture: Fixture) -> None:
    """Silence without a pool or site is no proof of anything."""
    result = fixture.result()
    assert result.error is None
    assert result.pools or result.acquires


@pytest.mark.parametrize("fixture", GOOD, ids=lambda fixture: fixture.id)
def test_a_good_file_turns_bad_by_one_change(fixture: Fixture) -> None:
    findings = fixture.findings(fixture.turned_bad())
    assert fixture.turns_bad.code in {finding.code for finding in findings}, told(findings)


def test_every_file_of_a_rule_is_good_or_bad() -> None:
    files = {path for path in FIXTURES.glob("cpl*/*.py") if not path.name.endswith(".fixed.py")}
    assert files == {fixture.path for fixture in [*BAD, *GOOD]}


def test_every_folder_is_a_rules() -> None:
    folders = {path.name for path in FIXTURES.iterdir() if path.is_dir()} - {"projects", "demo_app"}
    assert folders <= {stem(rule) for rule in all_rules()}


# --- projects ------------------------------------------------------------------------------------


def whole(folder: Path, *paths: str) -> Report:
    """A run over a project, or over files of it, under all rules and its own settings."""
    return run(Request(paths or (".",), {"select": ("ALL",)}, working_directory=str(folder)))


def files_of(name: str) -> list[str]:
    return sorted(path.relative_to(PROJECTS / name).as_posix() for path in (PROJECTS / name).rglob("*.py"))


@pytest.mark.parametrize("name", NAMES)
def test_a_project_is_told_exactly_as_marked(name: str) -> None:
    report = whole(PROJECTS / name)
    assert report.errors == ()
    for path in files_of(name):
        found = tuple(finding for finding in report.findings if finding.location.path == path)
        marked = marks((PROJECTS / name / path).read_text("utf-8"))
        assert said(found) == marked.expected, told(found) or path
        assert marked.related <= steps(report.findings, path), path


@pytest.mark.parametrize("name", NAMES)
def test_a_file_alone_is_told_what_it_is_told_in_its_project(name: str) -> None:
    together = whole(PROJECTS / name).findings
    alone: tuple[Finding, ...] = ()
    for path in files_of(name):
        alone += whole(PROJECTS / name, path).findings
    assert alone == together


@pytest.mark.parametrize("name", NAMES)
def test_a_text_given_is_told_what_the_file_is_told(name: str) -> None:
    session = session_of(PROJECTS / name, is_isolated=False)
    given = [f for path in files_of(name) for f in session.check_text(path, (PROJECTS / name / path).read_bytes())]
    assert tuple(given) == whole(PROJECTS / name).findings


TURNING = [(name, path) for name in NAMES for path in files_of(name) if Fixture(PROJECTS / name / path).says_how_bad]


@pytest.mark.parametrize(("name", "path"), TURNING)
def test_a_project_turns_bad_by_one_change(name: str, path: str, tmp_path: Path) -> None:
    fixture = Fixture(PROJECTS / name / path)
    shutil.copytree(PROJECTS / name, tmp_path / name)
    (tmp_path / name / path).write_text(fixture.turned_bad(), "utf-8")
    before, after = (whole(folder / name).findings for folder in (PROJECTS, tmp_path))
    counts = [sum(f.code == fixture.turns_bad.code for f in found) for found in (before, after)]
    assert counts[1] > counts[0], told(after)
