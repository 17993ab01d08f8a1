"""`poollint vendor`: the copy in the user's tree, and what is said of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import poollint as package
from poollint import __version__
from tests.frontends.cli_support import LEAK, Ran, environment, poollint

SOURCE = Path(package.__file__).with_name("pool")
PROJECT = '[project]\nname = "shop"\n'
USE = """\
import sqlite3

from app._pool import Pool, PoolTimeout, dbapi

with Pool(lambda: sqlite3.connect(":memory:", check_same_thread=False), max_size=1, **dbapi(sqlite3)) as pool:
    with pool.connection() as conn:
        print(conn.execute("select 1").fetchone(), Pool.__module__)
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text(PROJECT, "utf-8")
    (tmp_path / "src" / "app").mkdir(parents=True)
    (tmp_path / "src" / "app" / "__init__.py").touch()
    return tmp_path


@pytest.fixture
def copied(shop: Path) -> Path:
    """A shop that has a copy."""
    done = vendor(shop, "src/app/_pool")
    assert (done.status, done.err) == (0, "")
    return shop


def vendor(folder: Path, *arguments: str) -> Ran:
    return poollint("vendor", *arguments, cwd=folder)


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def make_old(folder: Path) -> None:
    """What an older poollint would have written, with a file more and one of other text."""
    from poollint.engine.vendor import digest_of

    for path in folder.glob("*.py"):
        edit(path, f"poollint {__version__} by", "poollint 0.0.1 by")
    stats = (folder / "stats.py").read_text("utf-8")
    body = stats[stats.index('"""') :]
    for name, text in (("stats.py", body + "\n# older\n"), ("gone.py", '"""Gone."""\n')):
        head = stats[: stats.index('"""')].replace(digest_of(body), digest_of(text))
        (folder / name).write_text(head + text, "utf-8")
    edit(folder / "__init__.py", "# files: ", "# files: gone.py ")


def test_the_copy_works_as_itself_and_is_recorded(copied: Path) -> None:
    names = {path.name for path in SOURCE.glob("*.py")}
    assert {path.name for path in (copied / "src" / "app" / "_pool").iterdir()} == names
    assert (copied / "pyproject.toml").read_text("utf-8") == f'{PROJECT}\n[tool.poollint]\npool-import = "app._pool"\n'
    (copied / "use.py").write_text(USE, "utf-8")
    command = [sys.executable, "-W", "error", "use.py"]
    env = environment(PYTHONPATH=str(copied / "src"))
    done = subprocess.run(command, cwd=copied, capture_output=True, text=True, env=env, check=False)
    assert (done.stdout, done.stderr) == ("(1,) app._pool.sync\n", "")


def test_each_file_says_where_it_is_from_and_under_which_licence(copied: Path) -> None:
    for path in (copied / "src" / "app" / "_pool").glob("*.py"):
        head = path.read_text("utf-8").partition('"""')[0]
        assert head.startswith(f"# Copied from poollint {__version__} by `poollint vendor`")
        assert "SPDX-License-Identifier: MIT" in head
    whole = (copied / "src" / "app" / "_pool" / "__init__.py").read_text("utf-8")
    licence = (SOURCE.parent.parent / "LICENSE").read_text("utf-8")
    assert (SOURCE / "LICENSE").read_text("utf-8") == licence
    assert "".join(f"# {line}".rstrip() + "\n" for line in licence.splitlines()) in whole


def test_neither_poollint_nor_ruff_nor_flake8_has_a_word_for_it(copied: Path) -> None:
    assert poollint("--select", "ALL", ".", cwd=copied).status == 0
    before = files(copied / "src")
    run = [sys.executable, "-m"]
    everything = ["--select", "ALL", "--ignore", "PGH004"]  # which objects to the comment itself
    for command in ([*run, "ruff", "check", "--fix", *everything, "."], [*run, "ruff", "format", "."]):
        subprocess.run(command, cwd=copied / "src" / "app" / "_pool", capture_output=True, check=True)
    subprocess.run([*run, "flake8", "."], cwd=copied / "src" / "app" / "_pool", capture_output=True, check=True)
    assert {name: text for name, text in files(copied / "src").items() if "_cache" not in name} == before


def test_check_finds_the_copy_by_its_name(copied: Path) -> None:
    for arguments in (["--check"], ["--check", "src/app/_pool"]):
        done = vendor(copied, *arguments)
        assert (done.status, done.err) == (0, "")
        assert done.out == f"src/app/_pool: whole and current (poollint {__version__})\n"
    assert vendor(copied, "--diff") == Ran(0, "", "")


def test_an_edited_copy_is_told_and_never_written_over(copied: Path) -> None:
    folder = copied / "src" / "app" / "_pool"
    edit(folder / "options.py", "timeout: float = 30.0", "timeout: float = 3.0")
    (folder / "keeper.py").unlink()
    done = vendor(copied, "--check")
    assert done.status == 1
    assert done.out == "src/app/_pool/options.py: edited\nsrc/app/_pool/keeper.py: missing\n"
    assert "`poollint vendor src/app/_pool --force` renews it" in done.err
    shown = vendor(copied, "--diff")
    assert shown.status == 1
    assert "-    timeout: float = 3.0\n+    timeout: float = 30.0\n" in shown.out
    assert "--- /dev/null\n+++ src/app/_pool/keeper.py\n" in shown.out
    before = files(copied)
    refused = vendor(copied, "src/app/_pool")
    assert refused.status == 2
    assert "edited since it was copied: options.py" in refused.err
    assert files(copied) == before
    assert vendor(copied, "src/app/_pool", "--force").status == 0
    assert vendor(copied, "--check").status == 0


def test_an_edit_of_the_comments_is_an_edit(copied: Path) -> None:
    edit(copied / "src" / "app" / "_pool" / "core.py", "# sha256 of what follows: ", "# sha256 of what follows: 0")
    assert vendor(copied, "--check").out == "src/app/_pool/core.py: edited\n"


def test_line_ends_are_no_edit(copied: Path) -> None:
    for path in (copied / "src" / "app" / "_pool").glob("*.py"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert vendor(copied, "--check").status == 0


def test_a_copy_of_an_older_poollint_is_renewed(copied: Path) -> None:
    folder = copied / "src" / "app" / "_pool"
    make_old(folder)
    (folder / "mine.py").write_text("# of the user\n", "utf-8")
    done = vendor(copied, "--check")
    assert (done.status, done.out.count("\n")) == (1, 1)
    assert done.out.startswith("src/app/_pool: copied from poollint 0.0.1")
    shown = vendor(copied, "--diff").out
    assert "-# older\n" in shown
    assert "+++ /dev/null\n" in shown
    done = vendor(copied, "src/app/_pool")
    told = f"src/app/_pool: the pool of poollint {__version__}, before of 0.0.1; import it as app._pool\n"
    assert done == Ran(0, told, "")
    assert not (folder / "gone.py").exists()
    assert (folder / "mine.py").read_text("utf-8") == "# of the user\n"
    assert vendor(copied, "--check").status == 0


def test_another_version_with_the_same_pool_is_current(copied: Path) -> None:
    for path in (copied / "src" / "app" / "_pool").glob("*.py"):
        edit(path, f"poollint {__version__} by", "poollint 0.0.1 by")
    assert vendor(copied, "--check").out == "src/app/_pool: whole and current (poollint 0.0.1)\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["src/app"], "src/app: a package that is no copy of the pool"),
        (["src/app", "--force"], "src/app: a package that is no copy of the pool"),
        (["src/plain"], "src/plain: has a core.py and is no copy of the pool"),
        (["src/app/pool.py"], "src/app/pool.py: a file"),
        (["src/app/my-pool"], "cannot be imported as app.my-pool"),
        (["src/class"], "cannot be imported as class"),
        (["src"], "src: not below a folder that imports"),
        (["src/app/_pool", "src/other"], 'unexpected "src/other"'),
        (["src/app/_pool", "--check", "--force"], "--force writes"),
        ([], "expected the folder"),
        (["--check"], "`pool-import` is not set"),
        (["--check", "src/app/_pool"], "src/app/_pool: there is no copy of the pool"),
        (["src/app/_pool", "--forse"], 'did you mean "--force"?'),
    ],
)
def test_what_cannot_be_done_changes_nothing(shop: Path, arguments: list[str], message: str) -> None:
    (shop / "src" / "plain").mkdir()
    (shop / "src" / "plain" / "core.py").write_text("", "utf-8")
    (shop / "src" / "app" / "pool.py").write_text(LEAK, "utf-8")
    before = files(shop)
    done = vendor(shop, *arguments)
    assert (done.status, done.out) == (2, "")
    assert message in done.err
    assert files(shop) == before


def test_a_folder_outside_of_any_project(tmp_path: Path) -> None:
    work, other = tmp_path / "work", tmp_path / "other"
    work.mkdir()
    other.mkdir()
    done = vendor(work, str(other / "pool"))
    assert (done.status, "not in a project" in done.err) == (2, True)
    assert not (other / "pool").exists()


def test_without_a_pyproject_the_user_is_told_what_to_write(tmp_path: Path) -> None:
    (tmp_path / "setup.cfg").touch()
    done = vendor(tmp_path, "app/_pool")
    assert done.status == 0
    assert 'set pool-import = "app._pool" in [tool.poollint] of pyproject.toml' in done.err
    assert not (tmp_path / "pyproject.toml").exists()
    assert vendor(tmp_path, "--check", "app/_pool").status == 0


def test_a_pyproject_that_is_no_toml_is_told_before_anything_is_written(shop: Path) -> None:
    (shop / "pyproject.toml").write_text("[project\n", "utf-8")
    done = vendor(shop, "src/app/_pool")
    assert (done.status, "pyproject.toml:1: not valid TOML" in done.err) == (2, True)
    assert not (shop / "src" / "app" / "_pool").exists()


def test_a_name_that_leads_nowhere(shop: Path) -> None:
    (shop / "pyproject.toml").write_text('[tool.poollint]\npool-import = "app._pool"\n', "utf-8")
    done = vendor(shop, "--check")
    assert (done.status, 'no folder of the project is imported as `pool-import`, "app._pool"' in done.err) == (2, True)
    (shop / "pyproject.toml").write_text('[tool.poollint]\npool-import = "app/_pool"\n', "utf-8")
    done = vendor(shop, "--check")
    assert 'pyproject.toml:2: "pool-import": expected the dotted name of a module' in done.err


def test_help_and_the_file_of_that_name(shop: Path) -> None:
    assert "poollint vendor --check|--diff [FOLDER]" in vendor(shop, "--help").out
    assert "poollint vendor FOLDER" in poollint("--help", cwd=shop).out
