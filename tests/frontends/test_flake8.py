"""The plugin in real flake8 runs."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
from pathlib import Path

import pytest

from tests.frontends.flake8_support import FORK, SPAWN, Position, flake8, flake8_process, positions

LEAK = """\
from psycopg2.pool import ThreadedConnectionPool
pool = ThreadedConnectionPool(1, 10)


def names(flag):
    conn = pool.getconn()
    if flag:
        return None
    pool.putconn(conn)
"""
LEAKS_AT = (6, 12, "CPL101")
ENGINE = """\
from sqlalchemy import create_engine
engine = create_engine("mysql+pymysql://db/shop")
"""
DATABASE = """\
from psycopg2.pool import ThreadedConnectionPool
pool = ThreadedConnectionPool(1, 10)


def borrow():
    return pool.getconn()
"""
USER = """\
from database import borrow


def names():
    conn = borrow()
    cursor = conn.cursor()
    cursor.execute("select name from users")
    return cursor.fetchall()
"""
HEADER = "[tool.poollint]\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of its own with two files that leak."""
    write(tmp_path, "pyproject.toml", HEADER)
    write(tmp_path, "one.py", LEAK)
    write(tmp_path, "two.py", LEAK)
    return tmp_path


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return path


def leak(path: str) -> Position:
    return (path, *LEAKS_AT)


# --- how flake8 runs -------------------------------------------------------------------------------


@pytest.mark.parametrize(("jobs", "start"), [("1", None), ("2", FORK), ("2", SPAWN), ("auto", None)])
def test_workers_of_every_kind_say_the_same(project: Path, jobs: str, start: str | None) -> None:
    if start not in (None, *multiprocessing.get_all_start_methods()):
        pytest.skip(f"no {start} here")
    assert positions(flake8(f"-j{jobs}", ".", cwd=project, start=start)) == [leak("one.py"), leak("two.py")]


def test_the_text_is_one_line_that_names_the_line_of_the_leak(project: Path) -> None:
    (line,) = flake8("one.py", cwd=project)
    expected = "the connection from `pool.getconn()` is not released on an early return (left at line 8) [leak]"
    assert line.text == expected


def test_a_step_in_another_file_is_named_with_its_path(project: Path) -> None:
    write(project, "helper.py", "import requests\n\n\ndef fetch(url):\n    return requests.get(url, timeout=1)\n")
    write(project, "web.py", "from helper import fetch\n\n\nasync def page(url):\n    return fetch(url)\n")
    (line,) = flake8("web.py", cwd=project)
    assert line.position == ("web.py", 5, 12, "CPL302")
    assert line.text.endswith(" (helper.py:5) [transitive-sync-in-async]")


def test_standard_input_has_the_name_that_it_is_given(project: Path) -> None:
    found = flake8("--stdin-display-name=three.py", "-", cwd=project, stdin=f"\n{LEAK}")
    assert positions(found) == [("three.py", 7, 12, "CPL101")]


def test_standard_input_without_a_name_is_judged(project: Path) -> None:
    assert positions(flake8("-", cwd=project, stdin=LEAK)) == [leak("stdin")]


def test_standard_input_takes_the_place_of_its_file_in_the_project(project: Path) -> None:
    write(project, "database.py", DATABASE)
    write(project, "user.py", "")
    assert flake8("user.py", cwd=project) == []
    found = flake8("--stdin-display-name=user.py", "-", cwd=project, stdin=USER)
    assert positions(found) == [("user.py", 5, 12, "CPL101")]


def test_a_file_with_syntax_errors_is_left_to_flake8(project: Path) -> None:
    write(project, "broken.py", LEAK + "def\n")
    assert [line.code for line in flake8("broken.py", cwd=project)] == ["E999"]


def test_a_file_that_only_poollint_cannot_read_is_told(project: Path) -> None:
    write(project, "long.py", f"{LEAK}\n\nx = {' + '.join(['pool'] * 250)}\n")
    (line,) = flake8("long.py", cwd=project)
    assert (line.line, line.code, line.text) == (12, "CPL001", "too deeply nested for poollint [syntax-error]")


def test_a_notebook_is_not_python(project: Path) -> None:
    write(project, "book.ipynb", LEAK)
    assert flake8("book.ipynb", cwd=project) == []


def test_a_script_without_suffix_joins_its_project(project: Path) -> None:
    write(project, "database.py", DATABASE)
    write(project, "tool", USER)
    assert positions(flake8("tool", cwd=project)) == [("tool", 5, 12, "CPL101")]


def test_runs_from_a_folder_below_and_by_absolute_path(project: Path) -> None:
    below = project / "below"
    below.mkdir()
    assert positions(flake8("../one.py", cwd=below)) == [leak("../one.py")]
    absolute = (project / "one.py").as_posix()
    assert positions(flake8(absolute, cwd=below)) == [leak(absolute)]


KINDS = {
    "bom.py": ("\ufeff" + LEAK, 12),
    "form_feed.py": (LEAK.replace("def names", "\x0cdef names"), 12),
    "no_final_newline.py": (LEAK.rstrip("\n"), 12),
    "tabs.py": (LEAK.replace("    ", "\t"), 9),
    "wide.py": (LEAK.replace("conn = pool", "naïve = 'ü𝒳'; conn = pool"), 26),
    "windows.py": (LEAK.replace("\n", "\r\n"), 12),
}


def test_positions_are_right_in_text_of_every_kind(project: Path) -> None:
    for name, (text, _) in KINDS.items():
        write(project, name, text)
    assert positions(flake8(*KINDS, cwd=project)) == [
        (name, 6, column, "CPL101") for name, (_, column) in KINDS.items()
    ]


def test_positions_are_right_in_another_encoding(project: Path) -> None:
    text = "# -*- coding: latin-1 -*-\n" + LEAK.replace("conn = pool", "name = 'é'; conn = pool")
    (project / "old.py").write_bytes(text.encode("latin-1"))
    assert positions(flake8("old.py", cwd=project)) == [("old.py", 7, 24, "CPL101")]


def test_a_file_that_does_not_decode_is_told_as_by_the_command_line(project: Path) -> None:
    (project / "bytes.py").write_bytes(LEAK.encode() + "# é\n".encode("latin-1"))
    assert [line.code for line in flake8("bytes.py", cwd=project) if line.code.startswith("CPL")] == ["CPL001"]


# --- other plugins ---------------------------------------------------------------------------------


def test_flake8_async_and_bugbear_work_beside_it(project: Path) -> None:
    version = flake8_process("--version", cwd=project).stdout.decode()
    assert all(name in version for name in ("flake8-async", "flake8-bugbear", "poollint"))
    write(project, "web.py", f"import time\n\n\nasync def f(a=[]):\n    time.sleep(1)\n\n\n{LEAK}")
    codes = {line.code for line in flake8("--select=ASYNC2,B,CPL", "web.py", cwd=project, others=True)}
    assert codes == {"ASYNC251", "B006", "CPL101"}


def test_all_options_have_the_prefix(project: Path) -> None:
    told = flake8_process("--help", cwd=project).stdout.decode()
    ours = told[told.index("poollint:\n") :].partition("\n\n")[0]
    options = [word for line in ours.splitlines() for word in line.split()[:1] if word.startswith("-")]
    assert options == ["--poollint-config", "--poollint-isolated"]


# --- selection -------------------------------------------------------------------------------------


def test_flake8_prefixes_select_and_ignore(project: Path) -> None:
    write(project, "engine.py", ENGINE)
    assert positions(flake8("--select=CPL5", ".", cwd=project, others=True)) == [("engine.py", 2, 10, "CPL501")]
    found = flake8("--select=CPL", "--extend-ignore=CPL5", ".", cwd=project, others=True)
    assert positions(found) == [leak("one.py"), leak("two.py")]


def test_ignoring_a_rule_lets_the_next_of_its_ladder_speak(project: Path) -> None:
    write(project, "wrong.py", LEAK.replace("    pool.putconn(conn)", "    conn.close()"))
    codes = [[line.code for line in flake8(*flags, "wrong.py", cwd=project)] for flags in ([], ["--ignore=CPL104"])]
    assert codes == [["CPL104"], ["CPL101"]]


def test_settings_come_from_the_nearest_pyproject(project: Path) -> None:
    write(project, "other/pyproject.toml", HEADER + 'ignore = ["leak"]\n')
    write(project, "other/one.py", LEAK)
    assert positions(flake8(".", cwd=project)) == [leak("one.py"), leak("two.py")]


def test_isolated_reads_no_file(project: Path) -> None:
    write(project, "pyproject.toml", HEADER + 'ignore = ["leak"]\n')
    assert flake8("one.py", cwd=project) == []
    assert positions(flake8("--poollint-isolated", "one.py", cwd=project)) == [leak("one.py")]


def test_a_file_of_settings_takes_the_place_of_pyproject(project: Path) -> None:
    write(project, "ci/lint.toml", 'select = ["CPL5"]\n')
    assert flake8("--poollint-config=ci/lint.toml", "one.py", cwd=project) == []


def test_yields_what_makes_the_command_line_fail(project: Path) -> None:
    write(project, "engine.py", ENGINE)
    assert positions(flake8("engine.py", cwd=project)) == [("engine.py", 2, 10, "CPL501")]
    write(project, "pyproject.toml", HEADER + 'fail-on = "error"\n')
    assert positions(flake8(".", cwd=project)) == [leak("one.py"), leak("two.py")]


def test_excluded_files_are_known_and_not_told(project: Path) -> None:
    write(project, "pyproject.toml", HEADER + 'extend-exclude = ["database.py", "two.py"]\n')
    write(project, "database.py", DATABASE + "\n\ndef lost():\n    pool.getconn()\n")
    write(project, "user.py", USER)
    assert positions(flake8(".", cwd=project)) == [leak("one.py"), ("user.py", 5, 12, "CPL101")]


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_wrong_setting_is_told_and_the_others_still_report(project: Path, jobs: str) -> None:
    write(project, "pyproject.toml", HEADER + 'selekt = ["leak"]\n')
    write(project, "one.py", f"import os\n{LEAK}")
    found = flake8("--select=F401,CPL", f"-j{jobs}", ".", cwd=project, others=True)
    assert [(line.path, line.line, line.code) for line in found] == [
        ("one.py", 1, "CPL000"),
        ("one.py", 1, "F401"),
        ("two.py", 1, "CPL000"),
    ]
    assert found[0].text.startswith('poollint cannot run: pyproject.toml:2: unknown key "selekt"')


# --- comments --------------------------------------------------------------------------------------


def with_comment(comment: str) -> str:
    return LEAK.replace("pool.getconn()", f"pool.getconn()  {comment}")


def test_noqa_is_left_to_flake8(project: Path) -> None:
    names = ["a.py", "b.py", "c.py", "d.py"]
    comments = ["# noqa", "# noqa: CPL101", "# noqa: CPL1", "# noqa:E501,CPL101"]
    for name, comment in zip(names, comments, strict=True):
        write(project, name, with_comment(comment))
    assert flake8(*names, cwd=project) == []
    assert positions(flake8("--disable-noqa", *names, cwd=project)) == [leak(name) for name in names]


def test_poollints_own_comments_hold_whatever_flake8_does(project: Path) -> None:
    write(project, "one.py", with_comment("# poollint: ignore[leak] kept"))
    assert flake8("--disable-noqa", "one.py", cwd=project) == []


def test_noqa_speaks_for_its_header_as_on_the_command_line(project: Path) -> None:
    write(project, "one.py", LEAK.replace("pool.getconn()", "pool.getconn(\n        'key'\n    )  # noqa: CPL101"))
    assert flake8("one.py", cwd=project) == []
    assert positions(flake8("--disable-noqa", "one.py", cwd=project)) == [leak("one.py")]


def test_a_comment_that_silences_nothing_is_told(project: Path) -> None:
    write(project, "plain.py", "import os  # noqa: CPL101, F401\nLIMIT = 3  # poollint: ignore[leak]\n")
    found = [(line.line, line.code) for line in flake8("plain.py", cwd=project)]
    assert (2, "CPL002") in found


def test_a_comment_that_does_something_else_is_told(project: Path) -> None:
    write(project, "one.py", with_comment("#noqa: CPL101"))
    assert [line.code for line in flake8("one.py", cwd=project)] == ["CPL101", "CPL003"]


# --- what it costs ---------------------------------------------------------------------------------


def modules_after(code: str, cwd: Path) -> set[str]:
    """The modules that a piece of code loads into a process that has flake8."""
    script = f"import sys, flake8.main.cli\nbefore = set(sys.modules)\n{code}\nprint(*set(sys.modules) - before)"
    done = subprocess.run([sys.executable, "-c", script], cwd=cwd, capture_output=True, check=True, text=True)
    return set(done.stdout.split())


def test_importing_the_plugin_loads_nothing_but_itself(tmp_path: Path) -> None:
    loaded = modules_after("import poollint.frontends.flake8_plugin", tmp_path)
    assert loaded == {"poollint", "poollint.frontends", "poollint.frontends.flake8_plugin"}


RUN = """
import ast
from poollint.frontends.flake8_plugin import Plugin
text = {text!r}
print(*[text for _, _, text, _ in Plugin(ast.parse(text), "new.py", text.splitlines(True)).run()])
"""


@pytest.mark.parametrize(
    "text", ["", '"""Words."""\nfrom . import a  # noqa: F401\n__all__ = ["a", "b"]\n', "import os\nLIMIT = 3\n"]
)
def test_a_module_that_only_imports_costs_no_import(tmp_path: Path, text: str) -> None:
    assert not any(name.startswith("poollint.engine") for name in modules_after(RUN.format(text=text), tmp_path))


def test_a_module_with_a_call_is_looked_at(tmp_path: Path) -> None:
    """The counterpart: this test's means do see the engine."""
    assert "poollint.engine.session" in modules_after(RUN.format(text="print()\n"), tmp_path)


def test_a_file_without_business_does_not_load_libcst(tmp_path: Path) -> None:
    assert "libcst" not in modules_after(RUN.format(text="import os\nprint(os.getcwd())\n"), tmp_path)


def test_nothing_is_read_when_flake8_reports_none_of_our_codes(project: Path) -> None:
    code = "from flake8.main.cli import main; main(['--isolated', '--select=E', '-j1', 'one.py'])"
    assert not any(name.startswith("poollint.engine") for name in modules_after(code, project))
