"""The line of a key, however the file spells it; what is no TOML."""

from __future__ import annotations

from pathlib import Path

import pytest

from poollint.engine import toml_file
from poollint.engine.errors import UsageError

TEXT = """\
# a comment
[project]
name = "shop"
exclude = "not ours"

[tool.poollint]
select = [
    "CPL1",  # exclude = x
]
exclude = ["a"]
per-file-ignores = { "tests/**" = ["CPL2"] }

[tool.poollint.concurrency]
workers = 4

[[tool.poollint.library]]
roots = ["one"]

[[tool.poollint.library]]
roots = ["two"]
"""


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (("tool", "poollint"), 6),
        (("tool", "poollint", "select"), 7),
        (("tool", "poollint", "exclude"), 10),
        (("tool", "poollint", "per-file-ignores", "tests/**"), 11),
        (("tool", "poollint", "concurrency", "workers"), 14),
        (("tool", "poollint", "library", 1), 19),
        (("tool", "poollint", "library", 1, "roots"), 20),
    ],
)
def test_the_line_of_a_key(keys: tuple[str | int, ...], line: int) -> None:
    assert toml_file.line_of(TEXT, keys) == line


def test_a_dotted_key_has_its_line() -> None:
    assert toml_file.line_of('x = 1\ntool.poollint.jobs = "many"\n', ("tool", "poollint", "jobs")) == 2


def test_a_text_over_lines_does_not_confuse() -> None:
    text = '[tool.poollint]\na = """\nb = 1\n"""\nb = 2\n'
    assert toml_file.line_of(text, ("tool", "poollint", "b")) == 5


def test_a_file_that_is_no_toml_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text("[tool.poollint]\nselect = [\n")
    with pytest.raises(UsageError, match=r"^pyproject\.toml:2: not valid TOML: "):
        toml_file.read(path, "pyproject.toml")


def test_a_wrong_line_in_the_middle_is_named(tmp_path: Path) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text("[tool.poollint]\nselect = CPL1\njobs = 2\n")
    with pytest.raises(UsageError, match=r"^x:2: not valid TOML: Invalid value$"):
        toml_file.read(path, "x")


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^gone\.toml: cannot be read: No such file"):
        toml_file.read(tmp_path / "gone.toml", "gone.toml")


def test_a_file_that_is_not_utf8_is_told(tmp_path: Path) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_bytes(b"[tool.poollint]\n# gr\xf6\xdfe\n")
    with pytest.raises(UsageError, match="not UTF-8: invalid"):
        toml_file.read(path, "pyproject.toml")
