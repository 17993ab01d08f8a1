"""The cache: what it gives is what a run without it says, whatever happens to the files and to the cache itself."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from poollint.engine import remembered, workers
from poollint.engine.codec import NotThisData, decoded, encoded
from poollint.engine.errors import UsageError
from poollint.engine.request import Request
from poollint.engine.result import FileResult
from poollint.engine.run import run
from poollint.engine.store import NAME, TAG, Store, is_cache
from poollint.frontends.cli import clean
from poollint.model.report import Report

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
OLD = 1_500_000_000
"""Seconds: long before any test."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for path, text in {
        "pyproject.toml": "[tool.poollint]\n",
        "shop/__init__.py": "",
        "shop/db.py": HELPER,
        "shop/users.py": HANDLER,
        "shop/stale.py": STALE,
        "shop/plain.py": "x = 1\n",
    }.items():
        write(tmp_path, path, text)
    return tmp_path


def write(base: Path, path: str, text: str) -> Path:
    """A file that was written long ago, so that its times alone are believed."""
    target = base / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, "utf-8")
    os.utime(target, (OLD, OLD))
    return target


def report(base: Path, *paths: str, is_cached: bool = True, **settings: Any) -> Report:
    request = Request(paths or (".",), {"jobs": 1, **settings}, working_directory=str(base), is_cached=is_cached)
    return run(request)


def codes(found: Report) -> list[str]:
    return [f"{finding.location.path} {finding.code}" for finding in found.findings]


ALL = ["shop/stale.py CPL501", "shop/users.py CPL201"]


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths that are judged from now on."""
    found: list[str] = []
    original = workers._here

    def noting(session: Any, files: Any, broken: Any) -> Any:
        found.extend(os.path.basename(path) for path in files)
        return original(session, files, broken)

    monkeypatch.setattr(workers, "_here", noting)
    return found


def database(base: Path) -> Path:
    return base / ".poollint_cache" / NAME


# --- what it gives ---------------------------------------------------------------------------------


def test_a_warm_run_says_all_that_a_cold_one_says(project: Path, judged: list[str]) -> None:
    plain = report(project, is_cached=False)
    assert codes(plain) == ALL
    cold = report(project)
    judged.clear()
    assert report(project) == cold == plain
    assert judged == []


def test_nothing_is_written_where_it_is_not_asked_for(project: Path) -> None:
    report(project, is_cached=False)
    assert not (project / ".poollint_cache").exists()


def test_the_folder_says_what_it_is(project: Path) -> None:
    report(project)
    folder = project / ".poollint_cache"
    assert (folder / TAG).read_text("utf-8").startswith("Signature: 8a477f597d28d172789f06886806bc55")
    assert (folder / ".gitignore").read_text("utf-8").splitlines()[-1] == "*"


def test_a_warm_run_does_not_import_libcst(project: Path) -> None:
    report(project)
    script = (
        "import sys; from poollint.frontends.cli.main import main; main(['-q', '.']); "
        "sys.exit('libcst' in sys.modules or 'poollint.analysis.index' in sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": str(remembered.PACKAGE.parent)}
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", script], cwd=project, env=environment, check=False)
    assert done.returncode == 0


def test_some_files_first_then_all(project: Path, judged: list[str]) -> None:
    report(project, "shop/stale.py")
    judged.clear()
    found = report(project)
    assert codes(found) == ALL
    assert "stale.py" not in judged
    assert "users.py" in judged
    assert found == report(project, is_cached=False)


# --- what it notices -------------------------------------------------------------------------------


def changed(project: Path, path: str, text: str) -> None:
    assert codes(report(project)) == codes(report(project)) == ALL
    write(project, path, text)


def test_a_changed_file_whose_size_and_time_are_set_back(project: Path) -> None:
    changed(project, "shop/stale.py", STALE.replace("mysql+pymysql://db/shop", "sqlite:////tmp/my/shop2"))
    assert codes(report(project)) == ["shop/users.py CPL201"]


def test_a_helper_that_another_files_verdict_hangs_on(project: Path) -> None:
    changed(project, "shop/db.py", "def connect():\n    return None\n")
    assert codes(report(project)) == ["shop/stale.py CPL501"]


def test_a_module_that_did_not_exist(project: Path) -> None:
    changed(project, "shop/users.py", HANDLER.replace("shop.db", "shop.other"))
    assert codes(report(project)) == ["shop/stale.py CPL501"]
    write(project, "shop/other.py", HELPER)
    assert codes(report(project)) == ALL


def test_a_new_handler_that_calls_an_old_helper(project: Path) -> None:
    write(project, "shop/users.py", "x = 1\n")
    assert codes(report(project)) == ["shop/stale.py CPL501"]
    write(project, "shop/users.py", HANDLER)
    assert codes(report(project)) == ALL


def test_settings_and_configuration(project: Path) -> None:
    report(project)
    assert codes(report(project, ignore=("CPL501",))) == ["shop/users.py CPL201"]
    write(project, "pyproject.toml", '[tool.poollint]\nselect = ["CPL501"]\n')
    assert codes(report(project)) == ["shop/stale.py CPL501"]


@pytest.mark.parametrize(
    "name",
    [
        *("requirements.txt", "requirements/base.in", "uv.lock", "Pipfile"),
        *("Procfile", "deploy/docker-compose.yml", "a/b/Dockerfile", "ops/uwsgi.ini", "ops/hypercorn.toml"),
    ],
)
def test_a_file_that_may_say_what_is_required(project: Path, judged: list[str], name: str) -> None:
    report(project)
    judged.clear()
    write(project, name, "")
    report(project)
    assert judged != []


def test_another_poollint(project: Path, judged: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    report(project)
    judged.clear()
    monkeypatch.setattr(remembered, "_own", lambda: "another")
    assert codes(report(project)) == ALL
    assert judged != []


def test_where_it_is_run_from_decides_what_paths_are_shown(project: Path) -> None:
    report(project)
    assert codes(report(project / "shop")) == ["stale.py CPL501", "users.py CPL201"]


def test_a_text_on_standard_input_in_place_of_a_file(project: Path) -> None:
    report(project)
    found = run(
        Request(
            ("-",),
            {"jobs": 1},
            stdin=b"x = 1\n",
            stdin_filename="shop/stale.py",
            working_directory=str(project),
            is_cached=True,
        )
    )
    assert codes(found) == []
    assert codes(report(project)) == ALL


def test_a_file_that_is_edited_while_it_is_judged_is_not_kept(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = workers._here

    def editing(*arguments: Any) -> Any:
        write(project, "shop/stale.py", STALE + "x = 1\n")
        yield from original(*arguments)

    monkeypatch.setattr(workers, "_here", editing)
    report(project)
    assert not database(project).exists()


def test_a_failure_is_not_kept(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("poollint.engine.judge._judged", lambda *_: 1 / 0)
        assert {error.code for error in report(project).errors} == {"CPL000"}
    assert codes(report(project)) == ALL


# --- where it lies ---------------------------------------------------------------------------------


def test_a_copied_cache_serves_a_copy_of_the_project(project: Path, tmp_path: Path, judged: list[str]) -> None:
    report(project)
    copy = Path(shutil.copytree(project, tmp_path.parent / f"{tmp_path.name}-copy"))
    for path in copy.rglob("*.py"):
        os.utime(path)
    judged.clear()
    assert codes(report(copy)) == ALL
    assert judged == []


def test_a_folder_that_a_flag_names(project: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path.parent / f"{tmp_path.name}-cache"
    report(project, cache_dir=str(elsewhere))
    assert is_cache(elsewhere)
    assert not (project / ".poollint_cache").exists()


def test_a_folder_out_of_the_project_that_its_configuration_names_is_not_used(project: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path.parent / f"{tmp_path.name}-out"
    write(project, "pyproject.toml", f'[tool.poollint]\ncache-dir = "{elsewhere}"\n')
    assert codes(report(project)) == ALL
    assert not elsewhere.exists()


# --- what can be wrong with it ---------------------------------------------------------------------


def test_a_file_that_is_no_database_is_replaced(project: Path, judged: list[str]) -> None:
    report(project)
    for path in database(project).parent.glob(f"{NAME}*"):
        path.write_bytes(b"not a database" * 1000)
    assert codes(report(project)) == ALL
    report(project)
    judged.clear()
    assert codes(report(project)) == ALL
    assert judged == []


@pytest.mark.parametrize("value", ["[", "[[1],[]]", "[null,null]", '{"a":1}', "[" * 5000])
def test_values_that_are_not_ours_are_worked_out_again(project: Path, value: str) -> None:
    report(project)
    with sqlite3.connect(database(project)) as connection:
        connection.execute("update results set value = ? where value <> ''", (value,))
    connection.close()
    assert codes(report(project)) == ALL


def test_tables_of_another_shape(project: Path) -> None:
    report(project)
    with sqlite3.connect(database(project)) as connection:
        for table in ("results", "files"):
            connection.executescript(f"drop table {table}; create table {table} (a)")
    connection.close()
    assert codes(report(project)) == ALL


def test_a_cache_that_another_process_holds(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("poollint.engine.store.PATIENCE", 0.05)
    report(project)
    write(project, "shop/more.py", STALE)
    holding = sqlite3.connect(database(project), isolation_level=None)
    holding.execute("begin exclusive")
    try:
        assert codes(report(project)) == ["shop/more.py CPL501", *ALL]
    finally:
        holding.close()


def test_a_file_where_the_folder_should_be(project: Path) -> None:
    (project / ".poollint_cache").write_text("mine", "utf-8")
    assert codes(report(project)) == codes(report(project)) == ALL
    assert (project / ".poollint_cache").read_text("utf-8") == "mine"


def test_a_folder_with_other_things_is_left_alone(project: Path) -> None:
    write(project, ".poollint_cache/mine.txt", "mine")
    assert codes(report(project)) == ALL
    assert os.listdir(project / ".poollint_cache") == ["mine.txt"]


def test_a_full_disk(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(Store, "_open", full)
    assert codes(report(project)) == ALL


def test_two_processes_at_once(project: Path) -> None:
    for number in range(30):
        write(project, f"shop/more{number}.py", STALE)
    environment = {**os.environ, "PYTHONPATH": str(remembered.PACKAGE.parent)}
    command = [sys.executable, "-m", "poollint", "--output-format", "json", "--jobs", "1", "."]
    running = [subprocess.Popen(command, cwd=project, env=environment, stdout=subprocess.PIPE) for _ in range(3)]
    said = {process.communicate()[0] for process in running}
    assert len(said) == 1
    assert {process.returncode for process in running} == {1}


def test_old_states_are_dropped(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("poollint.engine.store.STATES_KEPT", 2)
    for number in range(5):
        write(project, "shop/plain.py", f"x = {number}\n")
        report(project)
    with sqlite3.connect(database(project)) as connection:
        assert connection.execute("select count(distinct state) from results").fetchone() == (2,)
    connection.close()


# --- codec, clean ----------------------------------------------------------------------------------


def test_a_result_survives_json(project: Path) -> None:
    for finding in report(project, is_cached=False).findings:
        assert decoded(type(finding), encoded(finding)) == finding


def test_json_of_another_type_is_refused() -> None:
    with pytest.raises(NotThisData):
        decoded(FileResult, ["path"])


def test_clean_removes_the_cache_and_nothing_else(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    report(project)
    monkeypatch.chdir(project / "shop")
    assert clean.main([]) == 0
    assert capsys.readouterr().out == f"removed ..{os.sep}.poollint_cache\n"
    assert not (project / ".poollint_cache").exists()
    write(project, ".poollint_cache/mine.txt", "mine")
    assert clean.main(["."]) == 0
    assert (project / ".poollint_cache" / "mine.txt").exists()


@pytest.mark.parametrize("argument", ["--all", "nowhere"])
def test_clean_refuses_what_it_does_not_know(argument: str) -> None:
    with pytest.raises(UsageError):
        clean.main([argument])
