"""Versions that a project may run with, by its own files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from poollint.engine.requirements import Requirements
from poollint.model.versions import ANY, version_range


@pytest.mark.parametrize(
    ("specifier", "inside", "outside"),
    [
        ("==7.1.0", "7.1", "7.1.1"),
        ("==7.1.*", "7.1.9", "7.2"),
        (">=4.5,<8", "7.4", "8.0"),
        ("~=2.0.1", "2.0.36", "2.1"),
        ("~=2.0", "2.9", "3"),
        ("^1.4", "1.9", "2.0"),
        ("^0.3.2", "0.3.9", "0.4"),
        ("~5.0", "5.0.7", "5.1"),
        ("<=2", "2.0", "2.0.1"),
        ("5.2", "5.2", "5.3"),
    ],
)
def test_a_specifier_leaves_what_it_says(specifier: str, inside: str, outside: str) -> None:
    found = version_range(specifier)
    just = version_range(f"=={inside}")
    assert not found.narrowed(just).is_empty
    assert found.narrowed(version_range(f"=={outside}")).is_empty
    assert just.exact in (inside, inside.removesuffix(".0"))


def test_defaults_meet_a_range_by_their_versions() -> None:
    assert version_range("<8").meets("", "8.0") and not version_range("<8").meets("8.0", "")
    assert version_range(">=8").meets("8.0", "") and not version_range(">=8").meets("", "8.0")
    assert ANY.meets("", "8.0") and ANY.meets("8.0", "")


FILES = {
    "pyproject.toml": '[project]\ndependencies = ["redis[hiredis]>=5,<8 ; python_version > \'3.8\'"]\n',
    "Pipfile": '[packages]\nredis = { version = ">=5,<8" }\n',
    "setup.cfg": "[options]\ninstall_requires =\n    redis>=5,<8\n    six\n[options.extras_require]\n",
    "setup.py": "from setuptools import setup\nsetup(install_requires=['Redis >= 5, < 8'])\n",
    "requirements.txt": "-r other.txt\n# why\nredis>=5,<8  # until the defaults are clear\n",
    "requirements/base.txt": "redis (>=5,<8)\n",
}


@pytest.mark.parametrize("name", sorted(FILES))
def test_each_file_of_requirements_is_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(FILES[name])
    assert Requirements(str(tmp_path)).of(["redis"]) == version_range(">=5,<8")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("poetry.lock", '[[package]]\nname = "redis"\nversion = "5.2.1"\ndescription = ""\n'),
        ("uv.lock", 'version = 1\n\n[[package]]\nname = "redis"\nversion = "5.2.1"\n'),
        ("Pipfile.lock", json.dumps({"default": {"redis": {"version": "==5.2.1"}}})),
    ],
)
def test_a_lock_narrows_an_open_requirement(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.poetry.dependencies]\nredis = "*"\n')
    (tmp_path / name).write_text(text)
    assert Requirements(str(tmp_path)).of(["redis"]).exact == "5.2.1"


def test_what_differs_by_platform_or_contradicts_itself_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("redis<8; os_name=='nt'\nredis>=8; os_name!='nt'\nsqlalchemy<2\n")
    (tmp_path / "constraints.txt").write_text("SQLAlchemy>=2\n")
    found = Requirements(str(tmp_path))
    assert found.of(["redis"]) == ANY and found.of(["SQLAlchemy"]) == ANY


def test_no_folder_and_files_that_cannot_be_read_say_nothing(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project\n")
    (tmp_path / "setup.py").write_text("def\n")
    (tmp_path / "Pipfile.lock").write_text("{")
    assert Requirements(str(tmp_path)).of(["redis"]) == ANY and Requirements(None).of(["redis"]) == ANY
