"""The hooks of this checkout under real pre-commit. It builds their environment with pip, which needs a registry."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.frontends.cli_support import LEAK, poollint

CHECKOUT = Path(__file__).parents[2]
NEEDED = ("poollint", "pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml")
"""What a package is built from."""
RIGHT = LEAK.replace("    if uid is None:\n        return None\n", "")


def git(folder: Path, *arguments: str) -> str:
    names = ("-c", "user.name=test", "-c", "user.email=test@example.invalid", "-c", "commit.gpgsign=false")
    command = ["git", *names, *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This checkout as it is, changes that are not committed included, as a repository that hooks come from."""
    folder = tmp_path_factory.mktemp("hooks")
    for name in NEEDED:
        if (CHECKOUT / name).is_dir():
            shutil.copytree(CHECKOUT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(CHECKOUT / name, folder / name)
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "all")
    return folder


def pre_commit(folder: Path, home: Path) -> tuple[int, str]:
    """Status and output of the hooks over what is staged."""
    git(folder, "add", "-A")
    environment = {**os.environ, "PRE_COMMIT_HOME": str(home), "PRE_COMMIT_COLOR": "never"}
    command = [sys.executable, "-m", "pre_commit", "run"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment, check=False)
    return done.returncode, done.stdout + done.stderr


def test_the_hook_fails_and_then_passes(repository: Path, tmp_path: Path) -> None:
    user, home = tmp_path / "user", tmp_path / "home"
    user.mkdir()
    git(user, "init", "-q")
    revision = git(repository, "rev-parse", "HEAD")
    (user / ".pre-commit-config.yaml").write_text(
        f"repos:\n- repo: {repository.as_uri()}\n  rev: {revision}\n  hooks:\n  - id: poollint\n", "utf-8"
    )
    (user / "app.py").write_text(LEAK, "utf-8")
    (user / "notes.txt").write_text("conn = pool.getconn()\n", "utf-8")
    status, told = pre_commit(user, home)
    assert status == 1, told
    assert "error CPL101 [*]" in told
    assert "Found 1 problem in 1 of 1 file" in told
    (user / "app.py").write_text(RIGHT, "utf-8")
    status, told = pre_commit(user, home)
    assert status == 0, told
    # the folder is left out though pre-commit names its files
    (user / "build").mkdir()
    (user / "build" / "copy.py").write_text(LEAK, "utf-8")
    status, told = pre_commit(user, home)
    assert status == 0, told


def test_the_copy_of_the_pool_is_checked(repository: Path, tmp_path: Path) -> None:
    user, home = tmp_path / "user", tmp_path / "home"
    user.mkdir()
    git(user, "init", "-q")
    revision = git(repository, "rev-parse", "HEAD")
    (user / "pyproject.toml").write_text('[project]\nname = "shop"\n', "utf-8")
    (user / ".pre-commit-config.yaml").write_text(
        f"repos:\n- repo: {repository.as_uri()}\n  rev: {revision}\n  hooks:\n  - id: poollint-vendor-check\n", "utf-8"
    )
    assert poollint("vendor", "shop/_pool", cwd=user).status == 0
    status, told = pre_commit(user, home)
    assert status == 0, told
    options = user / "shop" / "_pool" / "options.py"
    options.write_text(options.read_text("utf-8").replace("30.0", "3.0"), "utf-8")
    (user / "notes.txt").write_text("no file of the copy is staged\n", "utf-8")
    status, told = pre_commit(user, home)
    assert status == 1, told
    assert "shop/_pool/options.py: edited" in told


def test_the_repairing_hook_fails_once_and_leaves_it_right(repository: Path, tmp_path: Path) -> None:
    user, home = tmp_path / "user", tmp_path / "home"
    user.mkdir()
    git(user, "init", "-q")
    revision = git(repository, "rev-parse", "HEAD")
    (user / ".pre-commit-config.yaml").write_text(
        f"repos:\n- repo: {repository.as_uri()}\n  rev: {revision}\n  hooks:\n  - id: poollint-fix\n", "utf-8"
    )
    (user / "app.py").write_text(LEAK, "utf-8")
    status, told = pre_commit(user, home)
    assert status == 1, told
    assert "Fixed 1 problem in 1 file, none left in 1 file." in told
    assert "    finally:\n        pool.putconn(conn)\n" in (user / "app.py").read_text("utf-8")
    status, told = pre_commit(user, home)
    assert status == 0, told
