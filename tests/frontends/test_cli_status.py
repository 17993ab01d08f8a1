"""What the exit status says, and what is told beside the findings."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from poollint.frontends.cli import check
from poollint.frontends.cli.main import main
from poollint.model.finding import Confidence, Finding, Location, Severity
from poollint.model.report import Report, RunError
from poollint.model.settings import Settings
from tests.frontends.cli_support import LEAK, PLAIN, QUIET, STALE, environment, poollint, project


def finding(severity: Severity, suppressed: str | None = None) -> Finding:
    place = Location("a.py", 1, 1, 1, 2)
    return Finding("CPL101", "leak", severity, Confidence.HIGH, "m", place, suppressed=suppressed)


def test_nothing_wrong_is_0_and_says_what_was_looked_at(tmp_path: Path) -> None:
    ran = poollint(cwd=project(tmp_path, a_py=QUIET, b_py=PLAIN))
    assert (ran.status, ran.out) == (0, "")
    assert ran.err == "No problems. Checked 2 files: 1 pool (1 sqlalchemy), no acquire sites.\n"


def test_findings_are_1_and_the_closing_lines_count_them(tmp_path: Path) -> None:
    ran = poollint("--output-format=concise", cwd=project(tmp_path, a_py=LEAK, b_py=STALE, c_py=PLAIN))
    assert ran.status == 1
    assert ran.out == (
        "a.py:7:12: CPL101 [*] the connection from `pool.getconn()` is not released on an early return\n"
        "b.py:3:10: CPL501 [?] `create_engine(...)` keeps its connections for ever: neither `pool_recycle` nor "
        "`pool_pre_ping` is set\n"
    )
    assert ran.err == (
        "Found 2 problems in 2 of 3 files (2 pools, 1 acquire site).\n"
        "[*] 1 with a safe fix. [?] 1 with a fix that needs a look.\n"
    )


def test_a_missing_path_is_2_and_the_others_are_checked(tmp_path: Path) -> None:
    ran = poollint("nope.py", "a.py", "--output-format=concise", cwd=project(tmp_path, a_py=LEAK))
    assert ran.status == 2
    assert ran.out.startswith("a.py:7:12: CPL101")
    assert ran.err.splitlines()[0] == "poollint: error: nope.py: no such file or folder"
    assert "1 path could not be checked." in ran.err


def test_a_mistyped_command_is_guessed(tmp_path: Path) -> None:
    ran = poollint("chek", cwd=tmp_path)
    assert ran.status == 2
    assert 'chek: no such file or folder; did you mean "check"?' in ran.err


def test_what_does_not_parse_is_a_finding(tmp_path: Path) -> None:
    ran = poollint("--output-format=concise", cwd=project(tmp_path, a_py="def f(:\n", b_py=STALE))
    assert ran.status == 1
    assert [line.split(" ")[1] for line in ran.out.splitlines()] == ["CPL001", "CPL501"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_2(tmp_path: Path) -> None:
    project(tmp_path, a_py=PLAIN)
    (tmp_path / "a.py").chmod(0)
    assert poollint("a.py", cwd=tmp_path).status == 2


def test_an_empty_folder_is_0_and_said(tmp_path: Path) -> None:
    ran = poollint(cwd=tmp_path)
    assert (ran.status, ran.out, ran.err) == (0, "", "No Python files to check.\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--selct", "CPL1"], 'unexpected "--selct"; did you mean "--select"?'),
        (["--select", "leek"], '--select: unknown rule "leek"; did you mean "leak"?'),
        (["--ignore=CPL999"], '--ignore: unknown rule "CPL999"'),
        (["--min-severity", "warn"], 'expected "info", "warning" or "error", got "warn"; did you mean "warning"?'),
        (["--output-format", "jsn"], 'got "jsn"; did you mean "json"?'),
        (["--color", "allways"], '--color: expected "auto", "always" or "never", got "allways"'),
        (["-j", "many"], '--jobs: expected a whole number, got "many"'),
        (["--per-file-ignores", "CPL1"], '--per-file-ignores: expected "glob:CODES", got "CPL1"'),
        (["--config", "none.toml"], "none.toml: cannot be read"),
        (["--stdin-filename", "a.py"], '--stdin-filename: expected "-" among the paths'),
        (["--statistics", "--output-format=github"], '--statistics: expected --output-format "full"'),
        (["@none"], "@none: cannot be read"),
        (["version", "now"], 'unexpected "now" after version'),
        (["rule"], "rule: expected a code, a name, or --all"),
        (["rule", "CPL10"], 'unknown rule "CPL10"; did you mean "CPL1'),
        (["rules", "CPL101"], 'unexpected "CPL101"'),
        (["--select"], "expected one argument"),
    ],
)
def test_a_wrong_request_is_2_and_told_in_one_line(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    status = main(arguments)
    said = capsys.readouterr()
    assert (status, said.out) == (2, "")
    assert said.err.startswith("poollint: error: ")
    assert said.err.count("\n") == 1
    assert message in said.err


def test_a_wrong_request_is_2_in_a_process(tmp_path: Path) -> None:
    ran = poollint("--selct", "CPL1", cwd=tmp_path)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == 'poollint: error: unexpected "--selct"; did you mean "--select"?\n'


def test_a_wrong_setting_is_2_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.poollint]\nselct = ["CPL1"]\n', "utf-8")
    ran = poollint(cwd=tmp_path)
    assert ran.status == 2
    assert ran.err == 'poollint: error: pyproject.toml:2: unknown key "selct"; did you mean "select"?\n'


def test_exit_zero_forgives_findings_but_not_errors(tmp_path: Path) -> None:
    project(tmp_path, a_py=STALE)
    assert poollint("--exit-zero", "a.py", cwd=tmp_path).status == 0
    assert poollint("--exit-zero", "a.py", "nope.py", cwd=tmp_path).status == 2


@pytest.mark.parametrize(
    ("report", "fail_on", "expected"),
    [
        (Report(), "info", 0),
        (Report((finding(Severity.INFO),)), "warning", 0),
        (Report((finding(Severity.INFO),)), "info", 1),
        (Report((finding(Severity.WARNING),)), "warning", 1),
        (Report((finding(Severity.WARNING),)), "error", 0),
        (Report((finding(Severity.ERROR, "noqa"),)), "info", 0),
        (Report((finding(Severity.ERROR),), errors=(RunError("a.py", "CPL000", "m"),)), "error", 2),
        (Report((finding(Severity.ERROR),), interrupted=True), "error", 130),
    ],
)
def test_status_by_threshold(report: Report, fail_on: str, expected: int) -> None:
    assert check.status(report, Settings(fail_on=fail_on), is_exit_zero=False) == expected


def test_fail_on_comes_from_the_file_and_the_flag(tmp_path: Path) -> None:
    project(tmp_path, a_py=STALE)
    (tmp_path / "pyproject.toml").write_text('[tool.poollint]\nfail-on = "error"\n', "utf-8")
    assert poollint(cwd=tmp_path).status == 0
    assert poollint("--fail-on=warning", cwd=tmp_path).status == 1


def _listens() -> None:
    """What a shell starts in the background, such as these tests, ignores Ctrl-C, and so does what that starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_ctrl_c_is_130_without_a_traceback(tmp_path: Path) -> None:
    project(tmp_path)
    for number in range(900):
        (tmp_path / f"m{number}.py").write_text(LEAK * 20, "utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "poollint", "-j1"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
        preexec_fn=_listens,
    )
    time.sleep(3)
    process.send_signal(signal.SIGINT)
    try:
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    assert b"Traceback" not in err + out


def test_a_failure_of_poollints_own_is_2_and_has_a_traceback_on_demand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: object) -> None:
        raise ZeroDivisionError("on purpose")

    monkeypatch.chdir(project(tmp_path, a_py=PLAIN))
    monkeypatch.setattr(check, "run", fails)
    assert main([]) == 2
    assert capsys.readouterr().err == (
        "poollint: error: poollint failed: ZeroDivisionError: on purpose\npoollint: note: -v prints the traceback\n"
    )
    assert main(["-v"]) == 2
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_a_file_that_poollint_fails_on_is_told_with_its_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    error = RunError("a.py", "CPL000", "poollint failed on this file (KeyError: 1)", "Traceback: here\n")
    monkeypatch.chdir(project(tmp_path))
    monkeypatch.setattr(check, "run", lambda *_: Report(errors=(error,)))
    assert main([]) == 2
    assert "Traceback" not in capsys.readouterr().err
    assert main(["-v"]) == 2
    assert "Traceback: here\n" in capsys.readouterr().err
