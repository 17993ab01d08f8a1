"""Runs over small projects: one report whatever is named, however many processes, wherever the text comes from."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from poollint.engine import judge as judging, workers
from poollint.engine.errors import UsageError
from poollint.engine.run import Request, run
from poollint.engine.session import Session
from poollint.model.finding import Finding
from poollint.model.report import Report, RunError
from poollint.model.settings import Depths

HELPER = """\
from sqlalchemy import create_engine


def connect():
    return create_engine("postgresql://db/shop", pool_pre_ping=True)
"""
HANDLER = """\
from fastapi import FastAPI

from shop.db import connect

app = FastAPI()


@app.get("/users")
def users():
    engine = connect()
    with engine.connect() as connection:
        return connection.execute("select 1")
"""
STALE = """\
from sqlalchemy import create_engine

engine = create_engine("mysql+pymysql://db/shop")
"""
BLOCKING = """\
import requests


async def weather(city):
    return requests.get("https://weather.example.com/" + city, timeout=5)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A handler that gets its engine from another file; one finding each in three more files."""
    write(tmp_path, "pyproject.toml", "[tool.poollint]\n")
    write(tmp_path, "shop/__init__.py", "")
    write(tmp_path, "shop/db.py", HELPER)
    write(tmp_path, "shop/users.py", HANDLER)
    write(tmp_path, "shop/stale.py", STALE)
    write(tmp_path, "shop/weather.py", BLOCKING)
    write(tmp_path, "shop/plain.py", "x = 1\n")
    return tmp_path


def write(base: Path, path: str, text: str) -> Path:
    target = base / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, "utf-8")
    return target


def report(base: Path, *paths: str, **changes: Any) -> Report:
    """The report of a run from `base`; names of settings are flags, names of `Request` its fields."""
    fields = {name: changes.pop(name) for name in list(changes) if name in Request.__slots__}
    return run(Request(paths or (".",), {"jobs": 1, **changes}, working_directory=str(base), **fields))


def places(found: Report | tuple[Finding, ...]) -> list[str]:
    findings = found.findings if isinstance(found, Report) else found
    shown = []
    for finding in findings:
        mark = f" ({finding.suppressed})" if finding.suppressed else ""
        shown.append(f"{finding.location.path}:{finding.location.line} {finding.code}{mark}")
    return shown


ALL = ["shop/stale.py:3 CPL501", "shop/users.py:10 CPL201", "shop/weather.py:5 CPL301"]


# --- one verdict ---------------------------------------------------------------------------------


def test_a_folder(project: Path) -> None:
    found = report(project)
    assert places(found) == ALL
    assert found.errors == ()
    assert (found.summary.files, found.summary.suppressed, found.summary.held_back) == (6, 0, {})


def test_each_file_alone_gives_what_the_folder_gives(project: Path) -> None:
    whole = report(project).findings
    alone = [
        f for path in sorted(project.rglob("*.py")) for f in report(project, os.path.relpath(path, project)).findings
    ]
    assert tuple(alone) == whole


def test_texts_one_by_one_give_what_the_folder_gives(project: Path) -> None:
    session = Session(Request((), {}, working_directory=str(project)))
    names = sorted(os.path.relpath(path, project) for path in project.rglob("*.py"))
    found = [f for name in names for f in session.check_text(name, (project / name).read_text("utf-8"))]
    assert tuple(found) == report(project).findings


def is_done_apart(request: pytest.FixtureRequest) -> bool:
    """Whether the test was run in a process of its own, since this one has threads and must not be forked."""
    if workers.can_fork():
        return False
    if "fork" not in multiprocessing.get_all_start_methods() or sys.platform == "darwin":
        pytest.skip("this system cannot fork")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rs", request.node.nodeid]
    done = subprocess.run(command, cwd=request.config.rootpath, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "SKIPPED" not in done.stdout, done.stdout
    return True


@pytest.mark.parametrize("forks", [True, False])
def test_many_processes_give_what_one_gives(
    project: Path, forks: bool, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    if forks and is_done_apart(request):
        return
    monkeypatch.setattr(workers, "can_fork", lambda: forks)
    assert report(project, jobs=3) == report(project)


@pytest.mark.parametrize("depths", [Depths(scan=False), Depths(outline=False), Depths(scan=False, outline=False)])
def test_short_cuts_change_nothing(project: Path, depths: Depths) -> None:
    short, long = report(project), report(project, depths=depths)
    assert replace(long, summary=replace(long.summary, lowered=short.summary.lowered)) == short


def test_paths_are_shown_from_the_working_directory(project: Path) -> None:
    found = report(project / "shop", "stale.py", "../shop/users.py")
    assert places(found) == ["stale.py:3 CPL501", "users.py:10 CPL201"]
    steps = {step.location.path for finding in found.findings for step in finding.steps}
    assert steps <= {"db.py", "stale.py", "users.py"}
    assert set(found.texts) == {"stale.py", *steps} | {"users.py"}


def test_an_excluded_helper_is_known_and_not_printed(project: Path) -> None:
    assert places(report(project, extend_exclude=("shop/db.py", "shop/stale.py"))) == ALL[1:]


def test_a_helper_that_git_ignores_is_not_known(project: Path) -> None:
    write(project, ".gitignore", "db.py\n")
    assert places(report(project)) == [ALL[0], ALL[2]]


def test_a_file_that_git_ignores_is_judged_alone_when_it_is_named(project: Path) -> None:
    write(project, ".gitignore", "stale.py\n")
    assert places(report(project, "shop/stale.py")) == [ALL[0]]


def test_a_file_outside_of_every_project(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside")
    write(outside, "stale.py", STALE)
    write(outside, "broken.py", "def f(:\n")
    shown = os.path.relpath(outside / "stale.py", project)
    assert places(report(project, shown)) == [f"{shown}:3 CPL501"]


def test_each_file_is_read_once(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counts: dict[str, int] = {}
    read_bytes = Path.read_bytes

    def counted(path: Path) -> bytes:
        if path.suffix == ".py":
            counts[path.name] = counts.get(path.name, 0) + 1
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", counted)
    report(project)
    assert counts == dict.fromkeys(["__init__.py", "db.py", "plain.py", "stale.py", "users.py", "weather.py"], 1)


# --- standard input ------------------------------------------------------------------------------


def test_standard_input_replaces_its_file(project: Path) -> None:
    cured = HELPER.replace("def connect", "from functools import cache\n\n\n@cache\ndef connect").encode()
    assert places(report(project, "-", stdin=STALE.encode(), stdin_filename="shop/plain.py")) == [
        "shop/plain.py:3 CPL501"
    ]
    session = Session(Request((), {}, working_directory=str(project)))
    changed = session.with_text(str(project / "shop/db.py"), cured)
    assert places(changed.check(str(project / "shop/users.py")).findings) == []


def test_standard_input_may_be_a_file_that_does_not_exist_yet(project: Path) -> None:
    found = report(project, "-", stdin=HANDLER.encode(), stdin_filename="shop/more.py")
    assert places(found) == ["shop/more.py:10 CPL201"]


def test_standard_input_without_a_name_is_its_own_project(project: Path) -> None:
    text = STALE + "x = 1  # noqa: CPL201\n"
    assert places(report(project, "-", stdin=text.encode())) == ["-:3 CPL501"]


def test_excluded_standard_input_is_not_printed(project: Path) -> None:
    given: dict[str, Any] = {"stdin": STALE.encode(), "stdin_filename": "build/x.py"}
    assert places(report(project, "-", **given)) == ["build/x.py:3 CPL501"]
    assert places(report(project, "-", force_exclude=True, **given)) == []


@pytest.mark.parametrize(
    "raw",
    [
        STALE.replace("\n", "\r\n").encode(),
        b"\xef\xbb\xbf" + STALE.encode(),
        ("# -*- coding: latin-1 -*-\nname = 'größe'; " + STALE.partition("\n\n")[0] + "\n" + STALE).encode("latin-1"),
    ],
)
def test_a_text_as_readers_give_it_is_the_file_on_disk(project: Path, raw: bytes) -> None:
    path = project / "shop/stale.py"
    path.write_bytes(raw)
    text = path.read_text("latin-1" if b"latin-1" in raw else "utf-8-sig")
    session = Session(Request((), {}, working_directory=str(project)))
    assert session._is_on_disk(str(path), text, text.encode())
    assert session.check_text("shop/stale.py", text) == report(project, "shop/stale.py").findings


# --- settings ------------------------------------------------------------------------------------


def test_comments_silence_and_stay_in_the_report(project: Path) -> None:
    write(project, "shop/stale.py", STALE.replace('shop")', 'shop")  # noqa: CPL501'))
    write(project, "shop/weather.py", BLOCKING.replace("=5)", "=5)  # poollint: ignore[sync-in-async] at start-up"))
    found = report(project)
    assert places(found) == [f"{ALL[0]} (noqa)", ALL[1], f"{ALL[2]} (ignore)"]
    assert found.summary.suppressed == 2


def test_a_comment_that_silences_nothing_is_told_when_its_rule_ran(project: Path) -> None:
    write(project, "shop/plain.py", "x = 1  # noqa: CPL501\n")
    assert places(report(project, "shop/plain.py")) == ["shop/plain.py:1 CPL002"]
    assert places(report(project, "shop/plain.py", ignore=("CPL501",))) == []
    assert places(report(project, "shop/plain.py", select=("CPL501",))) == []


def test_a_comment_for_what_a_threshold_hides_is_needed(project: Path) -> None:
    write(project, "shop/stale.py", STALE.replace('shop")', 'shop")  # noqa: CPL501'))
    assert places(report(project, "shop/stale.py", min_severity="error")) == []
    assert places(report(project, "shop/stale.py", per_file_ignores={"stale.py": ("CPL5",)})) == []


def test_selection_severity_and_files(project: Path) -> None:
    assert places(report(project, select=("CPL5", "sync-in-async"))) == [ALL[0], ALL[2]]
    assert places(report(project, min_severity="error")) == ALL[1:]
    assert places(report(project, per_file_ignores={"shop/u*.py": ("lifetime",)})) == [ALL[0], ALL[2]]
    assert places(report(project, exclude=("weather.py",))) == ALL[:2]


def test_roles_hold_back_and_the_summary_counts(project: Path) -> None:
    write(project, "tests/stale.py", STALE)
    write(project, "tests/weather.py", BLOCKING)
    found = report(project, "tests")
    assert places(found) == []
    assert found.summary.held_back == {"tests": 2}
    write(project, "docs/weather.py", BLOCKING)
    assert places(report(project, "docs")) == ["docs/weather.py:5 CPL301"]


def test_the_inventory(project: Path) -> None:
    pools = report(project, "shop/stale.py", "shop/db.py").pools
    assert [(p.library, p.kind, p.location.path, p.location.line) for p in pools] == [
        ("sqlalchemy", "engine", "shop/db.py", 5),
        ("sqlalchemy", "engine", "shop/stale.py", 3),
    ]


def test_a_wrong_setting_is_raised(project: Path) -> None:
    write(project, "pyproject.toml", "[tool.poollint]\njob = 1\n")
    with pytest.raises(UsageError, match=r'^pyproject\.toml:2: unknown key "job"; did you mean "jobs"\?$'):
        report(project)


def test_a_users_own_library(project: Path) -> None:
    table = """\
[tool.poollint]
[[tool.poollint.library]]
roots = ["inhouse"]
[[tool.poollint.library.type]]
name = "engine"
kind = "engine"
[[tool.poollint.library.constructor]]
names = ["inhouse.make"]
makes = "engine"
kind = "engine"
"""
    write(project, "pyproject.toml", table)
    handler = HANDLER.replace("from shop.db import connect", "from inhouse import make").replace(
        "connect()\n", "make()\n"
    )
    write(project, "shop/users.py", handler)
    assert places(report(project, "shop/users.py")) == ["shop/users.py:10 CPL201"]


# --- what goes wrong -------------------------------------------------------------------------------


def test_what_is_no_python_is_told_and_the_rest_goes_on(project: Path) -> None:
    write(project, "shop/broken.py", "import psycopg2\n\ndef f(:\n")
    write(project, "shop/deep.py", "x = " + "(" * 5000 + ")" * 5000 + "\n")
    (project / "shop/bytes.py").write_bytes(b"# fine\n\nx = 1\ny = '\xff'\n")
    found = report(project)
    own = ["shop/broken.py:3 CPL001", "shop/bytes.py:4 CPL001", "shop/deep.py:1 CPL001"]
    assert places(found) == [*own, *ALL]
    assert [f.message for f in found.findings[:3]] == [
        "invalid syntax",
        "not utf-8: invalid start byte at byte 19",
        "too deeply nested for poollint",
    ]
    assert found.errors == ()


def test_newer_syntax_than_the_running_pythons_is_fine(project: Path) -> None:
    write(project, "shop/plain.py", "try:\n    pass\nexcept A, B:\n    pass\ntype X[T = int] = list[T]\n")
    assert places(report(project, "shop/plain.py")) == []


def test_a_missing_path_is_an_error_and_the_rest_goes_on(project: Path) -> None:
    found = report(project, "gone.py", "shop/stale.py")
    assert (places(found), found.errors) == (
        [ALL[0]],
        (RunError("gone.py", "missing-path", "no such file or folder"),),
    )


Judge = Callable[[Any, str], Any]


def failing(monkeypatch: pytest.MonkeyPatch, name: str, fail: Callable[[], None]) -> None:
    """Makes the judging of the file `name` fail."""
    judge: Judge = judging._judged

    def broken(workspace: Any, path: str) -> Any:
        if path.endswith(name):
            fail()
        return judge(workspace, path)

    monkeypatch.setattr(judging, "_judged", broken)


def _divide() -> None:
    raise ZeroDivisionError("division by zero\nand more")


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_failure_of_ours_is_told_and_the_rest_goes_on(
    project: Path, monkeypatch: pytest.MonkeyPatch, jobs: int, request: pytest.FixtureRequest
) -> None:
    if jobs > 1 and is_done_apart(request):  # only a fork knows of the failure
        return
    failing(monkeypatch, "users.py", _divide)
    found = report(project, jobs=jobs)
    assert places(found) == [ALL[0], "shop/users.py:1 CPL000", ALL[2]]
    (error,) = found.errors
    assert (error.path, error.code) == ("shop/users.py", "CPL000")
    assert error.message == "poollint failed on this file (ZeroDivisionError: division by zero)"
    assert error.traceback.splitlines()[0] == "Traceback (most recent call last):"


def test_a_process_that_dies_costs_one_file(
    project: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    if is_done_apart(request):
        return
    failing(monkeypatch, "users.py", lambda: os._exit(3))
    found = report(project, jobs=2)
    assert places(found) == [ALL[0], "shop/users.py:1 CPL000", ALL[2]]
    assert found.errors[0].message == "poollint failed on this file (the process that read it died)"


@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_gives_what_was_found_so_far(project: Path, jobs: int) -> None:
    def interrupt(done: int, total: int) -> None:
        assert total == 6
        if done == 4:
            raise KeyboardInterrupt

    request = Request((".",), {"jobs": jobs}, working_directory=str(project))
    found = run(request, interrupt)
    assert found.interrupted
    assert (places(found), found.summary.files) == ([ALL[0]], 4)


def test_a_file_that_cannot_be_read_is_an_error(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read_bytes = Path.read_bytes

    def refused(path: Path) -> bytes:
        if path.name == "weather.py":
            raise PermissionError(13, "Permission denied")
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", refused)
    found = report(project)
    assert places(found) == ALL[:2]
    assert found.errors == (RunError("shop/weather.py", "unreadable", "Permission denied"),)


def test_where_nothing_is_lowered_libcst_is_not_imported(project: Path) -> None:
    script = """
import sys
from poollint.engine.run import Request, run
report = run(Request(("shop/plain.py", "shop/__init__.py"), {"jobs": 1}))
assert report.summary.files == 2 and report.summary.lowered == 0, report.summary
sys.exit("libcst" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", script], cwd=project, check=False).returncode == 0


@pytest.mark.parametrize("depths", [Depths(), Depths(outline=False)])
def test_a_candidate_that_is_too_deep_for_libcst_is_told(project: Path, depths: Depths) -> None:
    write(project, "shop/stale.py", STALE + "total = " + " + ".join(["1"] * 500) + "\n")
    assert places(report(project, "shop/stale.py", depths=depths)) == ["shop/stale.py:4 CPL001"]


def test_a_long_sum_in_a_file_without_pools_is_nobodys_business(project: Path) -> None:
    write(project, "shop/plain.py", "total = " + " + ".join(["1"] * 500) + "\n")
    assert places(report(project, "shop/plain.py")) == []


@pytest.mark.parametrize("codec", ["rot13", "zlib", "idna", "no-such", "utf-16"])
def test_a_text_that_declares_an_odd_encoding_is_told_and_nothing_is_raised(project: Path, codec: str) -> None:
    text = f"# coding: {codec}\nname = '{'k' * 99}ö'\n"
    (project / "shop/plain.py").write_bytes(text.encode("latin-1"))
    session = Session(Request((), {}, working_directory=str(project)))
    assert {finding.code for finding in session.check_text("shop/plain.py", text)} == {"CPL001"}


def test_python_that_libcst_refuses_does_not_hide_what_stands_beside_it(tmp_path: Path) -> None:
    write(tmp_path, "stale.py", STALE + "(x): int = 1\n")
    found = report(tmp_path)
    assert places(found) == ["stale.py:3 CPL501"]
    assert found.findings[0].fix is not None
    assert found.findings[0].fix.edits == ()


def test_a_file_that_only_its_outline_was_asked_of_is_not_parsed_again(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []
    monkeypatch.setattr("poollint.engine.unreadable.check", lambda source, **_: checked.append(source.path))
    report(project)
    assert "shop/plain.py" in checked
    assert "shop/db.py" not in checked


def test_an_error_that_only_its_parser_sees_is_told_of_any_file(tmp_path: Path) -> None:
    write(tmp_path, "one.py", "x = (\n")
    write(tmp_path, "two.py", STALE + "x = (\n")
    assert places(report(tmp_path)) == ["one.py:1 CPL001", "two.py:4 CPL001"]
