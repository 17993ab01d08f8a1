"""What needs no flake8 run: choice of rules, failures, and text of every kind."""

from __future__ import annotations

import ast
import random
import re
from argparse import Namespace
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from poollint.frontends import flake8_run
from poollint.frontends.flake8_plugin import Plugin
from poollint.model.facts import FileFacts
from poollint.model.finding import Severity, Verdict
from poollint.model.rule import Rule
from poollint.rules import all_rules
from tests.fixtures_support import fixtures

TEXT = re.compile(r"CPL\d{3} \S[^\r\n]* \[[a-z-]+\]")
FIXTURES = [fixture.text for fixture in (*fixtures("bad_"), *fixtures("good_"))]


@pytest.fixture(autouse=True)
def nothing_is_left_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterable[None]:
    """The plugin's class holds what a process shares; the files belong to an empty project."""
    monkeypatch.chdir(tmp_path)
    Plugin.options, Plugin.shared = None, None
    yield
    Plugin.options, Plugin.shared = None, None


def run(text: str, filename: str = "new.py") -> list[tuple[int, int, str, type]]:
    """What the plugin says of a text that is Python."""
    return list(Plugin(ast.parse(text), filename, text.splitlines(keepends=True)).run())


# --- choice of rules -------------------------------------------------------------------------------


def never(facts: FileFacts) -> Iterable[Verdict]:
    return ()


OFF = Rule("CPL199", "a-rule-that-is-off", Severity.WARNING, since="0.1", doc="", check=never, on=False)
ON = Rule("CPL198", "a-rule-that-is-on", Severity.WARNING, since="0.1", doc="", check=never)


def chosen(monkeypatch: pytest.MonkeyPatch, **options: Sequence[str] | None) -> Mapping[str, object]:
    """The overrides that flake8's options give, of two rules."""
    monkeypatch.setattr(flake8_run, "all_rules", lambda: (ON, OFF))
    plain = {"select": None, "ignore": None, "extend_select": None, "extend_ignore": None}
    known = {"extended_default_select": ["C90", "CPL", "E", "F", "W"], "extended_default_ignore": []}
    return flake8_run.overrides(Namespace(**{**plain, **known, **options}))


@pytest.mark.parametrize(
    "options",
    [{}, {"ignore": ["E501"]}, {"select": ["CPL"]}, {"select": ["C", "E"]}, {"extend_select": ["CPL1"]}],
    ids=str,
)
def test_no_prefix_switches_on_what_is_off(monkeypatch: pytest.MonkeyPatch, options: dict[str, list[str]]) -> None:
    assert chosen(monkeypatch, **options) == {}


@pytest.mark.parametrize("option", ["select", "extend_select"])
def test_a_full_code_switches_on_what_is_off(monkeypatch: pytest.MonkeyPatch, option: str) -> None:
    assert chosen(monkeypatch, **{option: ["CPL", "CPL199"]}) == {"extend_select": ["CPL199"]}


def test_what_flake8_would_drop_is_not_selected(monkeypatch: pytest.MonkeyPatch) -> None:
    assert chosen(monkeypatch, extend_ignore=["CPL198"]) == {"extend_ignore": ["CPL198"]}
    assert chosen(monkeypatch, select=["CPL198"]) == {"extend_ignore": ["CPL199"]}
    assert chosen(monkeypatch, ignore=["CPL1"], extend_select=["CPL198"]) == {"extend_ignore": ["CPL199"]}


def test_every_code_is_one_that_flake8_can_be_told() -> None:
    """flake8 refuses longer ones in `ignore`."""
    assert all(re.fullmatch(r"CPL[0-9]{3}", rule.code) for rule in all_rules())


# --- failures --------------------------------------------------------------------------------------


def test_a_failure_becomes_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: object, path: str, lines: Sequence[str]) -> list[object]:
        raise RuntimeError("first\nsecond")

    monkeypatch.setattr(flake8_run.Flake8Run, "found", broken)
    text = "CPL000 internal error: poollint failed on this file (RuntimeError: first second) [internal-error]"
    assert run("print()\n") == [(1, 0, text, Plugin)]


def test_a_failure_in_the_parent_is_told_by_the_files() -> None:
    jobs = Namespace(is_auto=False, n_jobs=2)
    Plugin.parse_options(Namespace(filenames=["."], jobs=jobs, poollint_config="nowhere.toml"))
    found = run("print()\n")
    assert [(line, column) for line, column, _, _ in found] == [(1, 0)]
    assert found[0][2].startswith("CPL000 poollint cannot run: nowhere.toml")


def test_another_run_in_the_same_process_reads_anew(tmp_path: Path) -> None:
    helper, user = tmp_path / "database.py", tmp_path / "user.py"
    text = "from database import pool\n\n\ndef lost():\n    c = pool.acquire()\n    c.cursor()\n"
    user.write_text(text)
    options = Namespace(filenames=["user.py"], jobs=Namespace(is_auto=False, n_jobs=1))
    helper.write_text("import oracledb\npool = oracledb.create_pool(user='shop')\n")
    Plugin.parse_options(options)
    assert [line for line, *_ in run(text, "user.py")] == [5]
    helper.write_text("from things import Pool\npool = Pool()\n")
    Plugin.parse_options(options)
    assert run(text, "user.py") == []


def test_what_flake8_silences_is_left_for_other_plugins_to_see() -> None:
    text = "import psycopg2.pool\n\n\ndef lost(pool):\n    c = pool.getconn()  # {}\n    c.cursor()\n"
    assert [line for line, *_ in run(text.format("noqa: CPL101"))] == [5]
    assert run(text.format("poollint: ignore[leak]")) == []


# --- text of every kind ----------------------------------------------------------------------------


def check(text: str) -> None:
    """flake8 can take whatever the plugin yields, and the plugin has not failed."""
    lines = text.splitlines()
    for line, column, told, kind in run(text):
        assert 1 <= line <= len(lines) + 1 and column >= 0 and kind is Plugin
        assert TEXT.fullmatch(told), told
        assert not told.startswith("CPL000"), told


def parses(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


QUICK = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@QUICK
@given(st.binary(max_size=200), st.sampled_from(["utf-8", "latin-1", "utf-16"]))
def test_bytes_that_happen_to_be_python(raw: bytes, encoding: str) -> None:
    text = raw.decode(encoding, "replace")
    check(text if parses(text) else f"# {text!r}\n{text!r}\n")


@QUICK
@given(st.sampled_from(FIXTURES), st.randoms(use_true_random=False), st.integers(1, 4))
@pytest.mark.filterwarnings("ignore::SyntaxWarning", "ignore::DeprecationWarning")
def test_fixtures_that_something_has_happened_to(text: str, dice: random.Random, count: int) -> None:
    for _ in range(count):
        changed = damaged(text, dice)
        text = changed if parses(changed) else text
    check(text)


def damaged(text: str, dice: random.Random) -> str:
    """The text with lines lost, doubled, swapped or moved, or words exchanged."""
    lines = text.splitlines(keepends=True)
    at, other = dice.randrange(len(lines)), dice.randrange(len(lines))
    match dice.randrange(6):
        case 0:
            del lines[at : at + dice.randint(1, 5)]
        case 1:
            lines.insert(other, lines[at])
        case 2:
            lines[at], lines[other] = lines[other], lines[at]
        case 3:
            lines[at] = "    " + lines[at]
        case 4:
            words = re.findall(r"\w+", text)
            lines[at] = lines[at].replace(dice.choice(words), dice.choice(words))
        case _:
            lines[at] = lines[at].rstrip() + dice.choice(["  # noqa: CPL101\n", "  # noqa: leak\n", "  \x0c\n", " ;\n"])
    return "".join(lines)
