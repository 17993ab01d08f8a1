"""Which files are read, and that bad ones are left aside."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from poollint.catalogue.catalogue import load_catalogue
from poollint.engine.deployment import LARGEST, declared, may_be_of_interest
from poollint.engine.request import Request
from poollint.engine.run import run
from poollint.model.declared import Declared
from poollint.model.settings import Concurrency, Settings

CATALOGUE = load_catalogue()


def read(folder: Path) -> Declared:
    return declared(str(folder), Settings(), CATALOGUE)


def write(folder: Path, path: str, text: str | bytes) -> None:
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(text.encode() if isinstance(text, str) else text)


def test_files_below_the_root_are_read(tmp_path: Path) -> None:
    write(tmp_path, "deploy/docker/Dockerfile", 'CMD ["gunicorn", "--threads", "8", "app:app"]\n')
    write(tmp_path, "node_modules/x/Procfile", "web: gunicorn --threads 99 app:app\n")
    write(tmp_path, "examples/Procfile", "web: gunicorn --threads 97 app:app\n")
    write(tmp_path, ".venv/Procfile", "web: gunicorn --threads 98 app:app\n")
    assert [fact.number for fact in read(tmp_path).servers] == [8]


def test_bad_files_are_left_aside_with_a_note(tmp_path: Path) -> None:
    write(tmp_path, "gunicorn.conf.py", "threads = \n")
    write(tmp_path, "Procfile", b"web: gunicorn --threads \xff\xfe\n")
    write(tmp_path, "Dockerfile", "x" * (LARGEST + 1))
    write(tmp_path, "uwsgi.ini", "[uwsgi]\nthreads = 4\n")
    found = read(tmp_path)
    assert [fact.number for fact in found.servers] == [4]
    assert [note.partition(" ")[0] for note in found.notes] == ["Dockerfile", "Procfile", "gunicorn.conf.py"]


def test_the_notes_come_with_the_report(tmp_path: Path) -> None:
    write(tmp_path, "pyproject.toml", "[tool.poollint]\n")
    write(tmp_path, "app.py", ENGINE)
    write(tmp_path, "gunicorn.conf.py", "threads = \n")
    for jobs in (1, 2):
        found = run(Request((".",), {"jobs": jobs}, working_directory=str(tmp_path)))
        assert [note.partition(":")[0] for note in found.summary.notes] == ["gunicorn.conf.py is left aside"]


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="no links here")
def test_links_that_lead_out_of_the_root_are_not_followed(tmp_path: Path) -> None:
    write(tmp_path, "outside/Procfile", "web: gunicorn --threads 8 app:app\n")
    (tmp_path / "project").mkdir()
    os.symlink(tmp_path / "outside" / "Procfile", tmp_path / "project" / "Procfile")
    os.symlink(tmp_path / "outside", tmp_path / "project" / "deploy")
    assert read(tmp_path / "project").servers == ()


def test_nothing_is_executed(tmp_path: Path) -> None:
    write(tmp_path, "gunicorn.conf.py", "open('made', 'w').close()\nthreads = 8\n")
    assert [fact.number for fact in read(tmp_path).servers] == [8]
    assert not (tmp_path / "made").exists()


def test_two_limits_of_databases_are_none(tmp_path: Path) -> None:
    write(tmp_path, "docker-compose.yml", "x: postgres -c max_connections=200\n")
    assert read(tmp_path).database_limit == (200, "`max_connections=200` of docker-compose.yml:1")
    write(tmp_path, "compose.yml", "x: postgres -c max_connections=300\n")
    assert read(tmp_path).database_limit is None


def test_settings_come_along(tmp_path: Path) -> None:
    settings = Settings(concurrency=Concurrency(workers=4), load={"engine": {"qps": 200.0, "hold": 10.0}})
    found = declared(None, settings, CATALOGUE)
    assert found.concurrency.workers == 4
    assert found.loads["engine"].busy == pytest.approx(2.0)


ENGINE = """\
from fastapi import FastAPI
from sqlalchemy import create_engine, text

app = FastAPI()
engine = create_engine("postgresql://db/shop", pool_size=5, max_overflow=5, pool_pre_ping=True)


@app.get("/")
def names():
    with engine.connect() as connection:
        return connection.execute(text("select name from users")).all()
"""
ONE = "[tool.poollint.concurrency]\nthreads = 1\n"


def sized(folder: Path, toml: str) -> list[tuple[str, str]]:
    write(folder, "pyproject.toml", f"[tool.poollint]\n{toml}")
    write(folder, "app.py", ENGINE)
    found = run(Request((".",), {"select": ("CPL4", "CPL404")}, working_directory=str(folder)))
    assert found.errors == ()
    return [(finding.code, finding.message) for finding in found.findings]


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("", "and 40 threads use it at once: FastAPI runs plain functions in 40 threads"),
        ("[tool.poollint.concurrency]\nthreads = 16\n", "and 16 threads use it at once: `threads` of"),
        ("[tool.poollint.concurrency]\nthreads = 10\n", ""),
        (f"{ONE}[tool.poollint.load]\nengine = {{ qps = 900, hold = 10 }}\n", "its declared load needs 15"),
        (f"{ONE}[tool.poollint.load]\nengine = {{ qps = 200, hold = 10 }}\n", ""),
        (f"{ONE}workers = 3\nhosts = 3\ndatabase-max-connections = 90\n", "1 host"),
    ],
)  # fmt: skip
def test_what_the_settings_say_is_compared(tmp_path: Path, toml: str, said: str) -> None:
    found = sized(tmp_path, toml)
    if said == "1 host":
        said = "3 hosts x 3 processes x 10 = 90 connections, and the database has 90 less 3"
    assert [code for code, _ in found] == ([] if not said else ["CPL404" if "hosts" in said else "CPL401"])
    assert not said or said in found[0][1]


SERVED = """\
import waitress
from flask import Flask
from psycopg2.pool import ThreadedConnectionPool

app = Flask(__name__)
pool = ThreadedConnectionPool(4, 4, "dbname=shop")


@app.get("/")
def names():
    connection = pool.getconn()
    try:
        return str(connection.closed)
    finally:
        pool.putconn(connection)


def main():
    waitress.serve(app, threads=12)
"""


def test_a_server_that_the_program_runs_itself(tmp_path: Path) -> None:
    write(tmp_path, "pyproject.toml", "[tool.poollint]\n")
    write(tmp_path, "app.py", SERVED)
    found = run(Request((".",), {"select": ("CPL4",)}, working_directory=str(tmp_path)))
    (finding,) = found.findings
    assert finding.severity.word == "error"
    assert "12 threads use it at once: `threads=12` of `waitress.serve(...)` in app.py" in finding.message
    assert finding.why == "when all are in use, an acquire raises at once: 8 of them fail"


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("engine = 5", 'expected a table with "qps" or "hold", got 5'),
        ("engine = { qps = 5 }", '"hold" is missing'),
        ("engine = { qps = 0, hold = 5 }", "expected a number above 0, got 0"),
        ("engine = { qps = 1, hold = 5, holds = 1 }", 'unknown key "holds"; did you mean "hold"?'),
    ],
)
def test_a_load_that_makes_no_sense_is_refused(tmp_path: Path, toml: str, message: str) -> None:
    from poollint.engine.errors import UsageError

    write(tmp_path, "pyproject.toml", f"[tool.poollint.load]\n{toml}\n")
    write(tmp_path, "app.py", ENGINE)
    with pytest.raises(UsageError) as error:
        run(Request((".",), {}, working_directory=str(tmp_path)))
    assert message in str(error.value)


def test_names_tell_of_every_servers_files_before_the_catalogue_is_read() -> None:
    """What a cached result hangs on is asked without the catalogue: no server's file may be missed."""
    globs = [glob for server in load_catalogue(()).servers for glob in server.files]
    assert len(globs) > 5
    assert [glob for glob in globs if not may_be_of_interest(glob.replace("*", "x"))] == []
