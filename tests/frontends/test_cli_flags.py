"""Flags: made from the declared options, with what concerns one run."""

from __future__ import annotations

from pathlib import Path

import pytest

from poollint.engine.errors import UsageError
from poollint.frontends.cli.arguments import METAVARS, overrides
from poollint.frontends.cli.check import make_parser
from poollint.frontends.cli.main import main
from poollint.model.settings import FLAG_GROUPS, OPTIONS
from tests.frontends.cli_support import LEAK, PLAIN, STALE, poollint, project


def said(*arguments: str) -> dict[str, object]:
    """The overrides that flags make."""
    return overrides(make_parser().read(arguments))


def test_each_flag_of_an_option_is_in_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    for name, option in OPTIONS.items():
        flag = option.metadata["flag"]
        if flag:
            negative = flag.replace("--", "--no-", 1)
            assert f"  {flag} " in shown or f", {flag} " in shown or f"  {negative} " in shown, name
            assert option.metadata["group"] in FLAG_GROUPS
    assert max(map(len, shown.splitlines())) <= 100


def test_lists_are_separated_by_commas_and_grow() -> None:
    assert said("--select", "CPL1,leak", "--select=CPL5") == {"select": ("CPL1", "leak", "CPL5")}
    assert said("--exclude=a/*, b") == {"exclude": ("a/*", "b")}


def test_of_two_values_the_last_holds() -> None:
    assert said("--min-severity=info", "--min-severity=error") == {"min_severity": "error"}


def test_switches_have_a_negative_form() -> None:
    assert said("--force-exclude") == {"force_exclude": True}
    assert said("--force-exclude", "--no-force-exclude") == {"force_exclude": False}
    assert said("--no-respect-gitignore") == {"respect_gitignore": False}


def test_ignores_by_file_add_up() -> None:
    found = said("--per-file-ignores", "a.py:CPL1,leak b.py:CPL5", "--per-file-ignores", "a.py:CPL2")
    assert found == {"per_file_ignores": {"a.py": ("CPL1", "leak", "CPL2"), "b.py": ("CPL5",)}}


def test_jobs_are_a_number_or_auto() -> None:
    assert said("-j2") == {"jobs": 2}
    assert said("--jobs", "auto") == {"jobs": 0}


def test_every_shape_with_a_flag_has_a_word_for_its_value() -> None:
    assert set(METAVARS) == {"texts", "lists", "number", "text"}


def test_flags_may_stand_between_paths() -> None:
    found = make_parser().read(["a.py", "--select", "CPL1", "b.py", "-q"])
    assert (found.paths, found.quiet) == (["a.py", "b.py"], True)


def test_after_two_dashes_all_are_paths() -> None:
    assert make_parser().read(["a.py", "--", "-q", "--select"]).paths == ["a.py", "-q", "--select"]


def test_flags_are_not_shortened() -> None:
    with pytest.raises(UsageError, match='unexpected "--stat"; did you mean "--statistics"'):
        make_parser().read(["--stat"])


def test_arguments_come_from_a_file(tmp_path: Path) -> None:
    project(tmp_path, a_py=LEAK, b_py=STALE)
    (tmp_path / "arguments.txt").write_text("--output-format\nconcise\n\na.py\n", "utf-8")
    ran = poollint("@arguments.txt", cwd=tmp_path)
    assert ran.out.count("\n") == 1
    assert ran.out.startswith("a.py:7:12: CPL101")


# --- what they do ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flags", "codes"),
    [
        ([], ["CPL101", "CPL501"]),
        (["--select", "leak"], ["CPL101"]),
        (["--select", "CPL5"], ["CPL501"]),
        (["--select", "settings"], ["CPL501"]),
        (["--ignore", "CPL1"], ["CPL501"]),
        (["--extend-ignore", "missing-recycle"], ["CPL101"]),
        (["--select", "CPL5", "--extend-select", "CPL101"], ["CPL101", "CPL501"]),
        (["--min-severity", "error"], ["CPL101"]),
        (["--per-file-ignores", "a.py:CPL1"], ["CPL501"]),
        (["--exclude", "b.py"], ["CPL101"]),
        (["--extend-exclude", "a.py"], ["CPL501"]),
    ],
)
def test_selection(
    flags: list[str],
    codes: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(project(tmp_path, a_py=LEAK, b_py=STALE))
    main(["-q", "--output-format=concise", "-j1", *flags])
    assert [line.split(" ")[1] for line in capsys.readouterr().out.splitlines()] == codes


def test_isolated_and_config(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project(tmp_path, a_py=LEAK, b_py=STALE))
    (tmp_path / "pyproject.toml").write_text('[tool.poollint]\nignore = ["CPL1", "CPL5"]\n', "utf-8")
    (tmp_path / "other.toml").write_text('select = ["CPL501"]\noutput-format = "concise"\n', "utf-8")

    def out(*flags: str) -> str:
        main(["-q", "--output-format=concise", *flags])
        return capsys.readouterr().out

    assert out() == ""
    assert out("--isolated").count("\n") == 2
    assert out("--config", "other.toml").startswith("b.py:3:10: CPL501")


def test_no_cache_is_accepted(tmp_path: Path) -> None:
    assert poollint("--no-cache", "--cache-dir=.x", cwd=project(tmp_path, a_py=PLAIN)).status == 0


def test_suppressed_findings_are_shown_on_demand_and_never_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = STALE.replace('shop")', 'shop")  # noqa: CPL501')
    monkeypatch.chdir(project(tmp_path, a_py=text))
    assert main(["--output-format=concise"]) == 0
    hidden = capsys.readouterr()
    assert hidden.out == ""
    assert hidden.err.endswith("1 suppressed by comments.\n")
    assert main(["--output-format=concise", "--show-suppressed"]) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith("a.py:3:10: CPL501 ")
    assert shown.out.endswith("(suppressed: noqa)\n")


def test_what_a_role_holds_back_is_counted(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_db.py").write_text(STALE, "utf-8")
    ran = poollint(cwd=project(tmp_path))
    assert (ran.status, ran.out) == (0, "")
    assert ran.err.endswith("1 held back in tests.\n")


# --- subcommands -----------------------------------------------------------------------------------


def test_check_is_the_default_and_may_be_spelled_out(tmp_path: Path) -> None:
    project(tmp_path, a_py=LEAK)
    assert poollint("check", "-q", cwd=tmp_path) == poollint("-q", ".", cwd=tmp_path)


def test_a_command_is_noted_where_a_path_has_its_name(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "a.py").write_text(STALE, "utf-8")
    project(tmp_path)
    ran = poollint("rules", cwd=tmp_path)
    assert ran.err == "poollint: note: `rules` is a command; write ./rules for the path of that name\n"
    assert ran.out.startswith("code ")
    assert poollint("./rules", "-q", "--output-format=concise", cwd=tmp_path).out.startswith("rules/a.py:3:10: CPL501")


def test_a_path_named_like_a_command_may_come_later(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "a.py").write_text(STALE, "utf-8")
    ran = poollint("check", "rules", "-q", "--output-format=concise", cwd=project(tmp_path))
    assert (ran.status, ran.err) == (1, "")
