"""The name of the project's own copy of the pool, and how it comes into pyproject.toml."""

from __future__ import annotations

from pathlib import Path

import pytest

from poollint.engine.errors import UsageError
from poollint.engine.pool_import import folder_of, is_module, module_of, recorded

LINE = 'pool-import = "app._pool"'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", f"[tool.poollint]\n{LINE}\n"),
        ('[project]\nname = "a"', f'[project]\nname = "a"\n\n[tool.poollint]\n{LINE}\n'),
        ("[tool.poollint]", f"[tool.poollint]\n{LINE}\n"),
        (
            '[ tool . poollint ] # ours\nselect = ["ALL"]\n\n[tool.ruff]\n',
            f'[ tool . poollint ] # ours\n{LINE}\nselect = ["ALL"]\n\n[tool.ruff]\n',
        ),
        (
            "[tool.poollint]\n  pool-import = 'other' # why\njobs = 1\n",
            '[tool.poollint]\n  pool-import = "app._pool" # why\njobs = 1\n',
        ),
        ("[tool.poollint]\r\njobs = 1\r\n", f"[tool.poollint]\r\n{LINE}\r\njobs = 1\r\n"),
        (
            "[tool.poollint.concurrency]\nthreads = 4\n",
            f"[tool.poollint.concurrency]\nthreads = 4\n\n[tool.poollint]\n{LINE}\n",
        ),
        (
            'a = """\n[tool.poollint]\npool-import = "x"\n"""\n',
            f'a = """\n[tool.poollint]\npool-import = "x"\n"""\n\n[tool.poollint]\n{LINE}\n',
        ),
        ("[tool]\npoollint.pool-import = 'x'\n", None),
        ("[tool]\npoollint = { jobs = 1 }\n", None),
        ("tool = 3\n", None),
    ],
)
def test_the_key_is_set_and_nothing_else_changes(before: str, after: str | None) -> None:
    assert recorded(before, "app._pool") == after


def test_setting_it_again_changes_nothing() -> None:
    once = recorded("[tool.poollint]\njobs = 1\n", "app._pool")
    assert once is not None
    assert recorded(once, "app._pool") == once


def test_the_nearest_folder_that_imports_start_from_counts(tmp_path: Path) -> None:
    root, src = tmp_path.as_posix(), (".", "src")
    (tmp_path / "src" / "app" / "_pool").mkdir(parents=True)
    assert module_of(f"{root}/src/app/_pool", root, src) == "app._pool"
    assert module_of(f"{root}/app/_pool", root, src) == "app._pool"
    assert folder_of("app._pool", root, src) == f"{root}/src/app/_pool"
    (tmp_path / "src" / "__init__.py").touch()
    assert module_of(f"{root}/src/app/_pool", root, src) == "src.app._pool"
    assert folder_of("app._pool", root, src) is None
    for wrong in (f"{root}", f"{root}-other/app"):
        with pytest.raises(UsageError, match="not below"):
            module_of(wrong, root, src)


def test_names() -> None:
    assert is_module("a._b.c1")
    assert not any(map(is_module, ("", "a.", ".a", "a.class", "a-b", "a b", "1a")))
