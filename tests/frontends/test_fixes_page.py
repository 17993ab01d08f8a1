"""The page about repairs shows what the command does."""

from __future__ import annotations

import re
from pathlib import Path

from tests.frontends.cli_support import poollint, project

ROOT = Path(__file__).parents[2]


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def test_the_diff_on_the_page_is_what_the_command_prints(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "fixes.md").read_text("utf-8")
    (before,), (diff,) = blocks(page, "python"), blocks(page, "diff")
    project(tmp_path, users_py=before)
    (tmp_path / "requirements.txt").write_text("poollint\npsycopg2\n", "utf-8")
    assert poollint("--diff", cwd=tmp_path).out == diff
    (tmp_path / "requirements.txt").write_text("psycopg2\n", "utf-8")
    told = poollint("--diff", cwd=tmp_path).out
    assert "+    conn = pool.getconn()\n+    try:\n" in told
    assert "poollint.pool" not in told


def test_the_diff_of_the_readme_is_part_of_it() -> None:
    page = (ROOT / "docs" / "fixes.md").read_text("utf-8")
    (diff,) = blocks((ROOT / "README.md").read_text("utf-8"), "diff")
    _, _, function = diff.partition("\n\n")
    assert function in blocks(page, "diff")[0]


def test_without_knowing_it_there_the_flag_leads_to_the_pool(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "fixes.md").read_text("utf-8")
    project(tmp_path, users_py=blocks(page, "python")[0])
    assert "with borrow(pool) as conn:" in poollint("--diff", "--fix-target=reference", cwd=tmp_path).out
    (tmp_path / "requirements.txt").write_text("poollint==1\n", "utf-8")
    assert "borrow" not in poollint("--diff", "--fix-target=library", cwd=tmp_path).out
    (tmp_path / "requirements.txt").unlink()
    (tmp_path / "requirements-dev.txt").write_text("poollint==1\n", "utf-8")
    assert "borrow" not in poollint("--diff", cwd=tmp_path).out
