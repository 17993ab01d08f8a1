"""`poollint rule`, `poollint rules`, `poollint version`, and the pages made of the same documentation."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from poollint import __version__
from poollint.frontends import explain, pages
from poollint.frontends.cli.main import main
from poollint.model.rule import HEADINGS
from poollint.rules import all_rules, rule
from tests.frontends.cli_support import poollint

DOCS = Path(__file__).parent.parent.parent / "docs"


def out(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) == 0
    said = capsys.readouterr()
    assert said.err == ""
    return said.out


@pytest.mark.parametrize("word", ["CPL101", "leak", "cpl101", "LEAK"])
def test_a_rule_is_explained_by_code_or_name(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    shown = out(capsys, "rule", word)
    lines = shown.splitlines()
    assert lines[:3] == ["CPL101 leak", "", "An acquired connection is not released on some path."]
    assert "severity: error" in lines
    assert "selected: on by default" in lines
    assert "group: acquire (CPL1)" in lines
    assert [line for line in lines if line in HEADINGS] == list(HEADINGS)
    assert "    conn = pool.getconn()".join(["", ""]) in shown
    assert "```" not in shown
    assert max(map(len, lines)) <= 100


def test_text_follows_the_width(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    prose = [line for line in out(capsys, "rule", "leak").splitlines() if not line.startswith("    ")]
    assert max(len(line) for line in prose if "https://" not in line) <= 60


def test_a_rule_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(out(capsys, "rule", "leak", "--output-format=json"))
    assert list(found) == [
        "code", "name", "group", "severity", "status", "fix", "since", "summary", "url", "sections",
    ]  # fmt: skip
    assert list(found["sections"]) == list(HEADINGS)
    assert found["group"] == "acquire"


def test_a_rule_as_markdown(capsys: pytest.CaptureFixture[str]) -> None:
    shown = out(capsys, "rule", "leak", "--output-format=markdown")
    assert shown.startswith("# CPL101 leak\n\nAn acquired connection is not released on some path.\n")
    assert shown.count("```python\n") == 2


@pytest.mark.parametrize("output_format", ["text", "json", "markdown"])
def test_all_rules_in_every_format(output_format: str, capsys: pytest.CaptureFixture[str]) -> None:
    shown = out(capsys, "rule", "--all", "--output-format", output_format)
    for each in all_rules():
        assert each.code in shown and each.name in shown
    if output_format == "json":
        assert [found["code"] for found in json.loads(shown)] == [each.code for each in all_rules()]


def test_the_table_of_rules(capsys: pytest.CaptureFixture[str]) -> None:
    lines = out(capsys, "rules").splitlines()
    assert lines[0].split() == ["code", "name", "severity", "fix", "what"]
    assert [line.split()[:2] for line in lines[1:]] == [[each.code, each.name] for each in all_rules()]
    rows = json.loads(out(capsys, "rules", "--output-format=json"))
    assert [row["code"] for row in rows] == [each.code for each in all_rules()]
    assert set(rows[0]) == {"code", "name", "group", "severity", "status", "fix", "since", "summary"}


@pytest.mark.parametrize("arguments", [["version"], ["-V"], ["--version"], ["-q", "-V"]])
def test_the_version(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert out(capsys, *arguments) == f"poollint {__version__}\n"


def test_in_a_process(tmp_path: Path) -> None:
    ran = poollint("rule", "leek", cwd=tmp_path)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == 'poollint: error: unknown rule "leek"; did you mean "leak"?\n'
    assert poollint("--version", cwd=tmp_path).out == f"poollint {__version__}\n"


# --- pages -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", pages.pages())
def test_a_page_is_what_it_is_made_from(path: str) -> None:
    assert (DOCS / path).read_text("utf-8") == pages.pages()[path], "renew: python -m poollint.frontends.pages docs"


def test_there_are_no_pages_of_rules_that_are_gone() -> None:
    assert {path.name for path in (DOCS / "rules").iterdir()} == {
        path.removeprefix("rules/") for path in pages.pages() if path.startswith("rules/")
    }


def test_pages_are_written_and_old_ones_removed(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "cpl999_gone.md").write_text("old", "utf-8")
    assert pages.main([str(tmp_path)]) == 0
    written = {path.relative_to(tmp_path).as_posix(): path.read_text("utf-8") for path in tmp_path.rglob("*.md")}
    assert written == pages.pages()


def test_addresses_are_those_of_the_pages() -> None:
    address = explain.address("CPL101")
    assert address is not None and address.endswith("/rules/cpl101_leak/")
    assert explain.address("CPL999") is None
    found = rule("leak")
    assert found is not None and list(explain.sections(found)) == list(HEADINGS)
