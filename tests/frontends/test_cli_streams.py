"""Where text goes: standard input and output, files, pipes that close, terminals, colours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from poollint.frontends.cli import progress, terminal
from tests.frontends.cli_support import LEAK, PLAIN, STALE, environment, poollint, project

CONCISE = "--output-format=concise"


# --- standard input --------------------------------------------------------------------------------


def test_standard_input_is_checked_under_its_name(tmp_path: Path) -> None:
    ran = poollint("-", CONCISE, cwd=tmp_path, stdin=LEAK.encode())
    assert ran.status == 1
    assert ran.out.startswith("-:7:12: CPL101 [*] ")


def test_standard_input_replaces_its_file_in_the_project(tmp_path: Path) -> None:
    users = "from db import pool\n\n\ndef user():\n    conn = pool.getconn()\n    conn.commit()\n"
    pools = 'from psycopg2.pool import ThreadedConnectionPool\n\npool = ThreadedConnectionPool(1, 9, "")\n'
    project(tmp_path, db_py=pools, users_py=users)
    in_file = poollint("users.py", CONCISE, cwd=tmp_path)
    assert in_file.out.startswith("users.py:5:12: CPL101")
    text = users.replace("def user", "\n\ndef user").encode()
    ran = poollint("-", "--stdin-filename", "users.py", CONCISE, cwd=tmp_path, stdin=text)
    assert ran.out == in_file.out.replace("users.py:5:12", "users.py:7:12")


def test_force_exclude_holds_for_standard_input(tmp_path: Path) -> None:
    project(tmp_path)
    flags = ["-", "--stdin-filename", "skipped/a.py", "--exclude", "skipped", CONCISE]
    assert poollint(*flags, cwd=tmp_path, stdin=LEAK.encode()).status == 1
    assert poollint(*flags, "--force-exclude", cwd=tmp_path, stdin=LEAK.encode()).status == 0


# --- standard output -------------------------------------------------------------------------------


def test_standard_output_has_results_only(tmp_path: Path) -> None:
    project(tmp_path, a_py=LEAK)
    for output_format in ("json", "full"):
        ran = poollint("a.py", "nope", "-v", f"--output-format={output_format}", cwd=tmp_path)
        assert "nope" in ran.err
        assert "Found 1" not in ran.out
        assert "acquire sites: 1 seen, 1 judged, 0 unknown" in ran.err
    assert json.loads(poollint("a.py", "--output-format=json", cwd=tmp_path).out)["version"] == 1


def test_quiet_leaves_the_findings(tmp_path: Path) -> None:
    project(tmp_path, a_py=LEAK)
    ran = poollint("-q", CONCISE, cwd=tmp_path)
    assert ran.out.count("\n") == 1
    assert ran.err == ""


def test_verbose_tells_why_sites_were_not_judged(tmp_path: Path) -> None:
    text = LEAK + "\n\ndef other():\n    with unknown() as pool:\n        pool.getconn()\n"
    ran = poollint("-v", CONCISE, cwd=project(tmp_path, a_py=text, b_py=PLAIN))
    lines = ran.err.splitlines()
    assert lines[0] == "files: 2, of which 1 have a pool or a site; 1 were read by LibCST"
    assert lines[1].startswith("acquire sites: ")


def test_formats_for_programs_have_no_closing_line(tmp_path: Path) -> None:
    project(tmp_path, a_py=STALE)
    assert poollint("--output-format=json", cwd=tmp_path).err == ""
    assert poollint("--output-format=github", cwd=tmp_path).err == ""


def test_a_pipe_that_closes_is_quiet(tmp_path: Path) -> None:
    project(tmp_path, a_py=LEAK)
    process = subprocess.Popen(
        [sys.executable, "-m", "poollint", "-q"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) == 141
    assert err == b""


def test_a_terminal_of_ascii_gets_escapes(tmp_path: Path) -> None:
    project(tmp_path, a_py=STALE.replace("mysql+pymysql://db", "mysql+pymysql://größe"))
    ran = poollint(cwd=tmp_path, PYTHONUTF8="0", PYTHONIOENCODING="ascii", PYTHONCOERCECLOCALE="0", LC_ALL="C")
    assert ran.status == 1
    assert "gr\\xf6\\xdfe" in ran.out


def test_output_goes_to_a_file(tmp_path: Path) -> None:
    project(tmp_path, a_py=STALE.replace("db/shop", "größe/shop"))
    ran = poollint("-o", "found.txt", "--output-format=full", cwd=tmp_path, FORCE_COLOR="1")
    assert (ran.status, ran.out) == (1, "")
    text = (tmp_path / "found.txt").read_text("utf-8")
    assert text.startswith("warning CPL501 [?]")
    assert "größe" in text
    assert "Found 1 problem in 1 of 1 file (1 pool, no acquire sites).\n" in ran.err


@pytest.mark.parametrize(
    ("name", "reason"),
    [("no/such/folder.txt", "No such file or directory"), (".", "Is a directory"), ("a.py/x", "Not a directory")],
)
def test_a_file_that_cannot_be_written_is_told_before_anything_is_done(tmp_path: Path, name: str, reason: str) -> None:
    project(tmp_path, a_py=STALE)
    for flags in ((), ("--fix", "--unsafe-fixes"), ("--diff",)):
        ran = poollint("-o", name, *flags, cwd=tmp_path)
        assert (ran.status, ran.out) == (2, "")
        assert ran.err == f"poollint: error: --output-file: {name} cannot be written: {reason}\n"
        assert (tmp_path / "a.py").read_text() == STALE


def test_what_the_file_held_stays_until_there_is_something_to_write(tmp_path: Path) -> None:
    project(tmp_path, a_py=STALE)
    (tmp_path / "found.txt").write_text("kept")
    assert poollint("-o", "found.txt", "--select", "no-such-rule", cwd=tmp_path).status == 2
    assert poollint("-o", "new.txt", "--select", "no-such-rule", cwd=tmp_path).status == 2
    assert (tmp_path / "found.txt").read_text() == "kept"
    assert not (tmp_path / "new.txt").exists()


def test_statistics_stand_in_place_of_the_findings(tmp_path: Path) -> None:
    project(tmp_path, a_py=LEAK, b_py=STALE, c_py=STALE)
    ran = poollint("--statistics", cwd=tmp_path)
    assert ran.status == 1
    assert ran.out == "2  CPL501  missing-recycle  [?] 2\n1  CPL101  leak             [*] 1\n"
    rows = json.loads(poollint("--statistics", "--output-format=json", cwd=tmp_path).out)
    assert rows[0] == {"code": "CPL501", "name": "missing-recycle", "count": 2, "safe_fixes": 0, "unsafe_fixes": 2}


# --- colours, width, progress ----------------------------------------------------------------------


class Terminal:
    """A stream that is a terminal or not."""

    def __init__(self, is_terminal: bool) -> None:
        self.isatty = lambda: is_terminal


@pytest.mark.parametrize(
    ("flag", "variables", "is_terminal", "expected"),
    [
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("auto", {"TERM": "dumb"}, True, False),
        ("auto", {"NO_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": ""}, True, True),
        ("auto", {"FORCE_COLOR": "1"}, False, True),
        ("auto", {"CLICOLOR_FORCE": "1"}, False, True),
        ("auto", {"FORCE_COLOR": "0"}, False, False),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {"FORCE_COLOR": "1"}, True, False),
    ],
)
def test_colour_by_flag_then_variables_then_stream(
    flag: str, variables: dict[str, str], is_terminal: bool, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "environ", {"TERM": "xterm", **variables})
    assert terminal.style_of(Terminal(is_terminal), flag).has_colour is expected  # type: ignore[arg-type]


def test_colours_in_a_process(tmp_path: Path) -> None:
    project(tmp_path, a_py=STALE)
    assert "\033[" not in poollint(cwd=tmp_path).out
    coloured = poollint("--color=always", cwd=tmp_path)
    assert "\033[1;33mwarning CPL501 [?]\033[0m" in coloured.out


@pytest.mark.parametrize(("columns", "expected"), [("", 100), ("80", 80), ("300", 100), ("20", 40), ("wide", 100)])
def test_width_where_there_is_no_terminal(columns: str, expected: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert terminal.style_of(Terminal(False), "auto").width == expected  # type: ignore[arg-type]


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a pseudo-terminal")
@pytest.mark.parametrize(("variables", "is_shown"), [({}, True), ({"CI": "true"}, False)])
def test_progress_on_a_terminal_is_erased_and_never_under_ci(
    variables: dict[str, str], is_shown: bool, tmp_path: Path
) -> None:
    script = (
        "import time\nfrom poollint.frontends.cli import progress\nprogress.AFTER = 0.01\n"
        "with progress.Progress(True) as line:\n    time.sleep(0.1)\n    line.told(3, 9)\nprint('end')\n"
    )
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", script], stderr=theirs, stdout=subprocess.PIPE, env=environment(**variables)
    )
    os.close(theirs)
    out, _ = process.communicate(timeout=60)
    written = b""
    while True:
        try:
            read = os.read(ours, 1024)
        except OSError:
            break
        if not read:
            break
        written += read
    os.close(ours)
    assert out == b"end\n"
    if is_shown:
        assert b"poollint: reading the project, 0 s" in written
        assert b"poollint: 3 of 9 files" in written
        assert written.endswith(b"\r" + b" " * len("poollint: 3 of 9 files") + b"\r")
    else:
        assert written == b""


def test_progress_is_silent_where_nobody_looks(capfd: pytest.CaptureFixture[str]) -> None:
    with progress.Progress(True) as line:
        line.told(1, 2)
    assert capfd.readouterr().err == ""
