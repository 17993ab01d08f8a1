"""`--fix` and its kin, run as users run them: what is written, what is told, and the exit status."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from tests.frontends.cli_support import LEAK, PLAIN, QUIET, STALE, poollint, project

REPAIRED = """\
from psycopg2.pool import ThreadedConnectionPool

pool = ThreadedConnectionPool(10, 10, "dbname=shop")


def user(uid):
    conn = pool.getconn()
    try:
        row = conn.cursor()
        if uid is None:
            return None
    finally:
        pool.putconn(conn)
    return row
"""
STALE_REPAIRED = STALE.replace('shop")', 'shop", pool_recycle=1800, pool_pre_ping=True)')
TWICE = LEAK + LEAK[LEAK.index("\n\ndef") :].replace("user", "owner")
"""Two of the same, in functions of their own."""


def test_fix_writes_the_safe_fixes_and_tells_what_is_left(tmp_path: Path) -> None:
    project(tmp_path, a_py=LEAK, b_py=STALE, c_py=PLAIN)
    ran = poollint("--fix", "--output-format=concise", cwd=tmp_path)
    assert (tmp_path / "a.py").read_text() == REPAIRED
    assert (tmp_path / "b.py").read_text() == STALE
    assert ran.status == 1
    assert [line.split()[0] for line in ran.out.splitlines()] == ["b.py:3:10:"]
    assert ran.err == ("Fixed 1 problem in 1 file, 1 problem left in 3 files.\n[?] 1 with a fix that needs a look.\n")


def test_what_is_fixed_is_0_and_not_fixed_again(tmp_path: Path) -> None:
    project(tmp_path, a_py=TWICE)
    ran = poollint("--fix", cwd=tmp_path)
    assert (ran.status, ran.out) == (0, "")
    assert ran.err == "Fixed 2 problems in 1 file, none left in 1 file.\n"
    before = (tmp_path / "a.py").read_bytes()
    ran = poollint("--fix", "--exit-non-zero-on-fix", cwd=tmp_path)
    assert (ran.status, (tmp_path / "a.py").read_bytes()) == (0, before)
    assert ran.err.startswith("No problems.")


def test_unsafe_fixes_on_demand(tmp_path: Path) -> None:
    project(tmp_path, b_py=STALE)
    assert poollint("--unsafe-fixes", cwd=tmp_path).status == 1
    assert (tmp_path / "b.py").read_text() == STALE
    assert poollint("--fix", "--unsafe-fixes", cwd=tmp_path).status == 0
    assert (tmp_path / "b.py").read_text() == STALE_REPAIRED


def test_fix_comes_from_the_file_and_a_flag_forbids_it(tmp_path: Path) -> None:
    project(tmp_path, a_py=LEAK)
    (tmp_path / "pyproject.toml").write_text("[tool.poollint]\nfix = true\n", "utf-8")
    assert poollint("--no-fix", cwd=tmp_path).status == 1
    assert (tmp_path / "a.py").read_text() == LEAK
    assert poollint(cwd=tmp_path).status == 0
    assert (tmp_path / "a.py").read_text() == REPAIRED


def test_exit_non_zero_on_fix(tmp_path: Path) -> None:
    project(tmp_path, a_py=LEAK)
    assert poollint("--fix", "--exit-non-zero-on-fix", cwd=tmp_path).status == 1
    assert (tmp_path / "a.py").read_text() == REPAIRED


def test_fix_only_says_nothing_of_what_is_left(tmp_path: Path) -> None:
    project(tmp_path, a_py=LEAK, b_py=STALE)
    ran = poollint("--fix-only", cwd=tmp_path)
    assert (ran.status, ran.out) == (0, "")
    assert (tmp_path / "a.py").read_text() == REPAIRED


@pytest.mark.parametrize(
    ("flags", "fixed"),
    [
        (["--unfixable=CPL101"], []),
        (["--unfixable=CPL1"], []),
        (["--fixable=missing-recycle"], ["b.py"]),
        (["--fixable=CPL5", "--unfixable=ALL"], ["b.py"]),
        (["--fixable=ALL", "--unfixable=leak"], ["b.py"]),
        (["--fixable=leak", "--unfixable=leak"], []),
    ],
)
def test_fixes_by_rule(flags: list[str], fixed: list[str], tmp_path: Path) -> None:
    unsafe = [] if not fixed else ["--unsafe-fixes"]
    project(tmp_path, a_py=LEAK, b_py=STALE)
    poollint("--fix", *unsafe, *flags, cwd=tmp_path)
    changed = [name for name, text in (("a.py", LEAK), ("b.py", STALE)) if (tmp_path / name).read_text() != text]
    assert changed == fixed


def test_an_unknown_rule_to_fix_is_2(tmp_path: Path) -> None:
    ran = poollint("--fixable=leek", cwd=tmp_path)
    assert (ran.status, ran.err) == (2, 'poollint: error: --fixable: unknown rule "leek"; did you mean "leak"?\n')


def test_show_fixes_tells_each_with_the_reason_why_not(tmp_path: Path) -> None:
    project(tmp_path, a_py=LEAK, b_py=STALE)
    ran = poollint("--fix", "--show-fixes", "-q", cwd=tmp_path)
    assert ran.err == (
        "Fixed:\n  a.py:7: CPL101 release it in a `finally`\n"
        "Not fixed:\n  b.py:3: CPL501 add `pool_recycle=1800`, `pool_pre_ping=True`: unsafe: connections are renewed "
        "and checked, which costs a round trip at each acquire\n"
    )


def test_suppressed_findings_are_left_alone(tmp_path: Path) -> None:
    text = LEAK.replace("getconn()", "getconn()  # noqa: CPL101")
    project(tmp_path, a_py=text)
    assert poollint("--fix", "--unsafe-fixes", cwd=tmp_path).status == 0
    assert (tmp_path / "a.py").read_text() == text


def test_json_tells_what_was_fixed(tmp_path: Path) -> None:
    project(tmp_path, a_py=LEAK)
    found = json.loads(poollint("--fix", "--output-format=json", cwd=tmp_path).out)
    assert found["fixed"] == [
        {"code": "CPL101", "path": "a.py", "line": 7, "column": 12, "title": "release it in a `finally`",
         "applicability": "safe"},
    ]  # fmt: skip
    assert (found["findings"], found["rolled_back"]) == ([], [])


def test_steps_in_other_files_follow_the_text(tmp_path: Path) -> None:
    """The helper's own fix moves the line that the finding of its caller leads to."""
    helper = (
        "import requests\nfrom psycopg2.pool import ThreadedConnectionPool\n\n"
        'pool = ThreadedConnectionPool(4, 4, "dbname=shop")\n\n\ndef save(item):\n    conn = pool.getconn()\n'
        "    conn.cursor().execute(item)\n    conn.commit()\n    pool.putconn(conn)\n\n\n"
        'def fetch(city):\n    return requests.get("https://example.com/" + city, timeout=5).text\n'
    )
    caller = "import helper\n\n\nasync def weather(city):\n    return helper.fetch(city)\n"
    project(tmp_path, helper_py=helper, caller_py=caller)
    found = json.loads(poollint("--fix", "--output-format=json", cwd=tmp_path).out)
    assert len(found["fixed"]) == 1
    (finding,) = found["findings"]
    lines = (tmp_path / "helper.py").read_text().splitlines()
    last = finding["steps"][-1]
    assert (last["path"], "requests.get" in lines[last["line"] - 1]) == ("helper.py", True)


# --- diff ------------------------------------------------------------------------------------------


def test_diff_writes_nothing_and_is_what_fix_would_write(tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    before.mkdir()
    project(before, a_py=TWICE, b_py=STALE, c_py=PLAIN)
    # odd bytes: a lone carriage return in a string, Latin-1, no newline at the end
    (before / "d.py").write_bytes(b"# coding: latin-1\r\n" + LEAK.replace("\n", "\r\n").encode()[:-2] + b"  # \xe9")
    shutil.copytree(before, after)
    ran = subprocess.run(
        [*poollint_command(), "--diff", "--unsafe-fixes"], cwd=before, capture_output=True, check=False
    )
    assert ran.returncode == 1
    assert poollint("--fix", "--unsafe-fixes", cwd=after).status == 0
    assert (before / "a.py").read_text() == TWICE
    done = subprocess.run(["patch", "-p0", "--binary"], input=ran.stdout, cwd=before, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout
    for name in ("a.py", "b.py", "c.py", "d.py"):
        assert (before / name).read_bytes() == (after / name).read_bytes(), name
    assert (after / "d.py").read_bytes().endswith(b"  # \xe9")


def poollint_command() -> list[str]:
    import sys

    return [sys.executable, "-m", "poollint"]


def test_diff_of_nothing_is_0(tmp_path: Path) -> None:
    ran = poollint("--diff", cwd=project(tmp_path, a_py=QUIET, b_py=STALE))
    assert (ran.status, ran.out) == (0, "")


def test_diff_wins_over_fix(tmp_path: Path) -> None:
    project(tmp_path, a_py=LEAK)
    ran = poollint("--fix", "--diff", cwd=tmp_path)
    assert (ran.status, (tmp_path / "a.py").read_text()) == (1, LEAK)
    assert ran.out.startswith("--- a.py\n+++ a.py\n@@")
    assert ran.err == "Would fix 1 problem in 1 file, none left in 1 file.\n"


def test_standard_input_is_fixed_to_standard_output(tmp_path: Path) -> None:
    project(tmp_path, a_py=PLAIN)
    ran = poollint("--fix", "-", "--stdin-filename=a.py", cwd=tmp_path, stdin=LEAK.encode())
    assert (ran.status, ran.out) == (0, REPAIRED)
    assert (tmp_path / "a.py").read_text() == PLAIN
    ran = poollint("--fix", "-", cwd=tmp_path, stdin=STALE.encode())
    assert (ran.status, ran.out) == (1, STALE)
    assert "CPL501" in ran.err
    ran = poollint("--fix", "-", cwd=tmp_path, stdin=b"def f(:\n")
    assert (ran.status, ran.out) == (1, "def f(:\n")


def test_the_diff_of_standard_input(tmp_path: Path) -> None:
    whole = poollint("--diff", "a.py", cwd=project(tmp_path, a_py=LEAK)).out
    ran = poollint("--diff", "-", "--stdin-filename=a.py", cwd=tmp_path, stdin=LEAK.encode())
    assert (ran.status, ran.out) == (1, whole)


def test_a_diff_for_a_terminal_cannot_steer_it(tmp_path: Path) -> None:
    project(tmp_path, a_py=LEAK.replace("    row", "    # \x1b[2J\n    row"))
    ran = poollint("--diff", "--color=always", cwd=tmp_path)
    assert "\\x1b[2J" in ran.out
    assert "\x1b[32m+    try:\x1b[0m" in ran.out


# --- asking ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ("y\ny\n", 2),
        ("n\nn\ny\n", 1),
        ("a\n", 2),
        ("y\nq\n", 1),
        ("q\n", 0),
        ("", 0),
        ("?\nwhat\ny\n", 1),
    ],
)
def test_interactive_asks_for_each(answers: str, expected: int, tmp_path: Path) -> None:
    project(tmp_path, a_py=TWICE)
    ran = poollint("-i", "-q", cwd=tmp_path, stdin=answers.encode())
    assert (tmp_path / "a.py").read_text().count("try:") == expected
    assert ("y: apply this fix" in ran.err) is ("?" in answers)
    assert ran.status == (0 if expected == 2 else 1)


def test_interactive_offers_unsafe_fixes_with_their_reason(tmp_path: Path) -> None:
    project(tmp_path, b_py=STALE)
    ran = poollint("-i", cwd=tmp_path, stdin=b"y\n")
    assert (tmp_path / "b.py").read_text() == STALE_REPAIRED
    assert "unsafe fix: connections are renewed" in ran.err
    assert "+engine = create_engine(" in ran.err


@pytest.mark.parametrize("arguments", [["-"], ["--diff"]])
def test_interactive_goes_with_neither(arguments: list[str], tmp_path: Path) -> None:
    ran = poollint("-i", *arguments, cwd=tmp_path)
    assert ran.status == 2
    assert "--interactive: not together with" in ran.err


# --- the file itself -------------------------------------------------------------------------------


def test_encoding_newlines_and_mark_stay(tmp_path: Path) -> None:
    project(tmp_path)
    text = LEAK.replace("    row = ", "\trow = ").replace("    conn = ", "\tconn = ").replace("    ", "\t")
    raw = b"\xef\xbb\xbf" + f"# é 中\n{text}".replace("\n", "\r\n").encode()
    (tmp_path / "a.py").write_bytes(raw)
    latin = b"# -*- coding: latin-1 -*-\n# \xe9\n" + LEAK.encode()
    (tmp_path / "b.py").write_bytes(latin)
    assert poollint("--fix", cwd=tmp_path).status == 0
    first = (tmp_path / "a.py").read_bytes()
    assert first.startswith(b"\xef\xbb\xbf# \xc3\xa9 \xe4\xb8\xad\r\n")
    assert first.count(b"\n") == first.count(b"\r\n")
    assert b"\ttry:\r\n\t\trow = conn.cursor()\r\n" in first
    assert (tmp_path / "b.py").read_bytes() == b"# -*- coding: latin-1 -*-\n# \xe9\n" + REPAIRED.encode()


def test_the_mode_stays(tmp_path: Path) -> None:
    project(tmp_path, a_py=LEAK)
    (tmp_path / "a.py").chmod(0o750)
    assert poollint("--fix", cwd=tmp_path).status == 0
    assert stat.S_IMODE((tmp_path / "a.py").stat().st_mode) == 0o750
    assert sorted({*os.listdir(tmp_path)} - {".poollint_cache"}) == ["a.py", "pyproject.toml"]


def test_a_link_stays_a_link_and_its_file_is_fixed_once(tmp_path: Path) -> None:
    project(tmp_path, a_py=LEAK)
    (tmp_path / "b.py").symlink_to("a.py")
    ran = poollint("--fix", cwd=tmp_path)
    assert (tmp_path / "b.py").is_symlink()
    assert (tmp_path / "a.py").read_text() == REPAIRED
    assert ran.status == 0, ran.err


def test_a_read_only_file_is_an_error_and_the_others_go_on(tmp_path: Path) -> None:
    project(tmp_path, a_py=LEAK, b_py=LEAK)
    (tmp_path / "a.py").chmod(0o444)
    ran = poollint("--fix", cwd=tmp_path)
    assert ran.status == 2
    assert "poollint: error: a.py: is read-only; nothing was written\n" in ran.err
    assert "Fixed 1 problem in 1 file, 1 problem left in 2 files." in ran.err
    assert (tmp_path / "a.py").read_text() == LEAK
    assert (tmp_path / "b.py").read_text() == REPAIRED
    assert "error CPL101 [*]" in ran.out
