"""The JSON document: its shape, whole on every exit status, the same bytes each time."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from poollint.engine.run import Request, run
from poollint.frontends.cli.main import main
from poollint.frontends.formats.json import document, render
from poollint.frontends.formats.style import Style
from poollint.model.finding import Location
from poollint.model.report import PoolEntry, Report, RunError, Summary
from tests.fixtures_support import FIXTURES, TOLD_OF
from tests.frontends.cli_support import LEAK, PLAIN, QUIET, STALE, poollint, project
from tests.frontends.report_support import at, leak, story_of_shop


def shape(**properties: Any) -> dict[str, Any]:
    """An object with exactly these keys."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


TEXT: dict[str, Any] = {"type": "string"}
COUNT = {"type": "integer", "minimum": 0}
POSITION = {"type": "integer", "minimum": 1}
LOCATION = {"path": TEXT, "line": POSITION, "column": POSITION, "end_line": POSITION, "end_column": POSITION}
EDIT = shape(line=POSITION, column=POSITION, end_line=POSITION, end_column=POSITION, text=TEXT)
FIX = shape(
    title=TEXT,
    applicability={"enum": ["safe", "unsafe", "shown"]},
    reason=TEXT,
    imports={"type": "array", "items": TEXT},
    edits={"type": "array", "items": EDIT},
)
STEP_KINDS = ["acquire", "construct", "call", "may-raise", "exit", "release", "await", "note"]
STEP = shape(kind={"enum": STEP_KINDS}, **LOCATION, text=TEXT)
FINDING = shape(
    code={"type": "string", "pattern": r"^CPL\d{3}$"},
    name={"type": "string", "pattern": "^[a-z-]+$"},
    severity={"enum": ["info", "warning", "error"]},
    confidence={"enum": ["low", "medium", "high"]},
    message=TEXT,
    **LOCATION,
    steps={"type": "array", "items": STEP},
    why=TEXT,
    help=TEXT,
    fix={"anyOf": [{"type": "null"}, FIX]},
    fixes={"type": "array", "items": FIX},
    fingerprint={"type": "string", "pattern": "^[0-9a-f]{16}$"},
    suppressed={"enum": [None, "noqa", "ignore"]},
    url={"type": ["string", "null"]},
)
POOL = shape(
    key=TEXT,
    library=TEXT,
    kind=TEXT,
    path=TEXT,
    line=POSITION,
    column=POSITION,
    options={"type": "object", "additionalProperties": TEXT},
    acquires=COUNT,
)
SUMMARY = shape(
    files=COUNT,
    candidates=COUNT,
    pools=COUNT,
    sites=COUNT,
    findings=COUNT,
    suppressed=COUNT,
    unknown={"type": "object", "additionalProperties": COUNT},
)
DOCUMENT = shape(
    version={"const": 1},
    findings={"type": "array", "items": FINDING},
    pools={"type": "array", "items": POOL},
    summary=SUMMARY,
    errors={"type": "array", "items": shape(path=TEXT, code=TEXT, message=TEXT)},
)


def checked(text: str) -> dict[str, Any]:
    """The document, after a look at its shape."""
    found: dict[str, Any] = json.loads(text)
    jsonschema.validate(found, DOCUMENT)
    return found


def checked_here(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    status = main([*arguments, "--output-format=json"])
    return status, checked(capsys.readouterr().out)


# --- shape -----------------------------------------------------------------------------------------


def test_each_exit_status_has_a_whole_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project(tmp_path, a_py=LEAK, b_py=QUIET, c_py="def f(:\n", d_py=PLAIN))
    status, found = checked_here(capsys, "b.py")
    assert (status, found["findings"], len(found["pools"])) == (0, [], 1)
    status, found = checked_here(capsys)
    assert (status, [finding["code"] for finding in found["findings"]]) == (1, ["CPL101", "CPL001"])
    status, found = checked_here(capsys, "a.py", "nope.py")
    assert status == 2
    assert found["errors"] == [{"path": "nope.py", "code": "missing-path", "message": "no such file or folder"}]
    assert found["summary"]["findings"] == 1


def test_an_interrupted_run_has_a_whole_document() -> None:
    assert checked(render(Report(interrupted=True), Style()))["findings"] == []


def test_everything_that_the_fixtures_lead_to_has_the_shape(capsys: pytest.CaptureFixture[str]) -> None:
    status, found = checked_here(capsys, str(FIXTURES), "--select=ALL", "--min-confidence=low", "--show-suppressed")
    assert status == 1
    assert found["summary"]["findings"] > 100
    order = [(f["path"], f["line"], f["column"], f["code"]) for f in found["findings"]]
    assert order == sorted(order)
    prints = [finding["fingerprint"] for finding in found["findings"]]
    assert len(set(prints)) == len(prints)
    assert {fix["applicability"] for finding in found["findings"] for fix in finding["fixes"]} >= {"safe", "unsafe"}


def test_the_parts_of_a_finding() -> None:
    found = document(story_of_shop())["findings"][0]
    assert {name: found[name] for name in ("path", "line", "column", "end_line", "end_column")} == {
        "path": "shop.py", "line": 2, "column": 12, "end_line": 2, "end_column": 26,
    }  # fmt: skip
    assert found["steps"][2] == {
        "kind": "exit", "path": "shop.py", "line": 7, "column": 9, "end_line": 7, "end_column": 20,
        "text": "returns here",
    }  # fmt: skip
    assert found["fix"]["edits"][0] == {"line": 3, "column": 1, "end_line": 3, "end_column": 1, "text": "    try:\n"}


def test_a_place_over_several_lines_and_the_last_line_ends() -> None:
    report = Report((leak(Location("a.py", 1, 2, 3, 4)),))
    shown = render(report, Style())
    assert shown.endswith("}\n")
    found = json.loads(shown)["findings"][0]
    assert [found[name] for name in ("line", "column", "end_line", "end_column")] == [1, 2, 3, 4]


def test_edits_are_told_by_line_and_column(tmp_path: Path) -> None:
    text = STALE.replace("db/shop", "größe/日本")
    ran = poollint("-", "--output-format=json", cwd=tmp_path, stdin=text.encode())
    found = checked(ran.out)["findings"][0]
    (edit,) = found["fix"]["edits"]
    column = text.splitlines()[2].index(")") + 1
    assert edit == {
        "line": 3, "column": column, "end_line": 3, "end_column": column,
        "text": ", pool_recycle=1800, pool_pre_ping=True",
    }  # fmt: skip
    assert ran.out.isascii()


def test_pools_summary_and_errors() -> None:
    location = at("pool = Pool()", "Pool()", "a.py")
    report = Report(
        pools=(PoolEntry("a.py:pool", "psycopg2", "pool", location, {"max": "3", "a": "1"}, 2),),
        errors=(RunError("b.py", "CPL000", "it failed", "Traceback"),),
        summary=Summary(files=3, candidates=2, lowered=1, pools=1, sites=4, judged=1, unknown={"z": 1, "a": 2}),
    )
    found = checked(render(report, Style()))
    assert found["pools"] == [
        {"key": "a.py:pool", "library": "psycopg2", "kind": "pool", "path": "a.py", "line": 1, "column": 8,
         "options": {"a": "1", "max": "3"}, "acquires": 2},
    ]  # fmt: skip
    assert found["summary"] == {
        "files": 3, "candidates": 2, "pools": 1, "sites": 4, "findings": 0, "suppressed": 0,
        "unknown": {"a": 2, "z": 1},
    }  # fmt: skip
    assert found["errors"] == [{"path": "b.py", "code": "CPL000", "message": "it failed"}]


def test_suppressed_findings_only_on_demand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project(tmp_path, a_py=STALE.replace('shop")', 'shop")  # noqa: CPL501')))
    status, found = checked_here(capsys)
    assert (status, found["findings"], found["summary"]["suppressed"]) == (0, [], 1)
    status, found = checked_here(capsys, "--show-suppressed")
    assert (status, [f["suppressed"] for f in found["findings"]]) == (0, ["noqa"])
    assert (found["summary"]["findings"], found["summary"]["suppressed"]) == (0, 1)


# --- agreement -------------------------------------------------------------------------------------


def test_processes_and_time_make_no_difference(tmp_path: Path) -> None:
    project(tmp_path, a_py=LEAK, b_py=STALE, c_py=QUIET, d_py=PLAIN)
    flags = ("--output-format=json", ".")
    first = poollint(*flags, "-j1", cwd=tmp_path)
    assert first.status == 1
    assert poollint(*flags, "-j2", cwd=tmp_path) == first
    assert poollint(*flags, cwd=tmp_path, PYTHONHASHSEED="7") == first


@pytest.mark.parametrize("folder", TOLD_OF, ids=lambda folder: folder.name)
def test_a_project_and_each_of_its_files_alone_say_the_same(folder: Path) -> None:
    whole = findings(folder, ".")
    assert whole
    paths = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.py"))
    random.Random(f"seed 1 {folder.name}").shuffle(paths)
    alone = [found for path in paths for found in findings(folder, path)]
    assert sorted(alone, key=lambda found: (found["path"], found["line"], found["column"], found["code"])) == whole


def findings(folder: Path, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = document(run(Request((path,), {"jobs": 1}, working_directory=str(folder))))[
        "findings"
    ]
    return found


def test_paths_are_relative_to_the_working_directory_with_slashes(tmp_path: Path) -> None:
    project(tmp_path)
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "a.py").write_text(STALE, "utf-8")
    within = checked(poollint("a.py", "--output-format=json", cwd=tmp_path / "shop").out)
    above = checked(poollint(f"shop{os.sep}a.py", "--output-format=json", cwd=tmp_path).out)
    assert [f["path"] for f in within["findings"]] == ["a.py"]
    assert [f["path"] for f in above["findings"]] == ["shop/a.py"]
    assert within["findings"][0]["fingerprint"] == above["findings"][0]["fingerprint"]
