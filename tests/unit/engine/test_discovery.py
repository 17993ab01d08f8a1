"""Which files are printed, and which are known."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from poollint.engine.config import Configs
from poollint.engine.discovery import discover, project_files
from poollint.engine.roots import Roots
from poollint.model.report import RunError


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write(tmp_path, "pyproject.toml", "[tool.poollint]\n")
    (tmp_path / ".git/info").mkdir(parents=True)
    return tmp_path


def write(base: Path, path: str, text: str = "") -> None:
    target = base / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)


def touch(base: Path, *paths: str) -> None:
    for path in paths:
        write(base, path)


def printed(base: Path, *paths: str, **flags: object) -> list[str]:
    """What a run from `base` prints, relative to it."""
    roots = Roots(str(base))
    found = discover(paths or (".",), roots, Configs(roots, flags).of)
    return [os.path.relpath(path, base) for path in found.files]


def known(base: Path) -> list[str]:
    roots = Roots(str(base))
    return sorted(project_files(roots.root_of(f"{base}/x.py"), roots))


def test_python_files_of_a_folder_in_order(project: Path) -> None:
    touch(project, "b.py", "a/c.pyi", "a/b.py", "a/notes.txt", "a/script", "z.pyc")
    assert printed(project) == ["a/b.py", "a/c.pyi", "b.py"]


def test_files_that_are_named_are_taken_whatever_they_are_called(project: Path) -> None:
    touch(project, "bin/tool", "build/x.py")
    assert printed(project, "bin/tool", "build/x.py") == ["bin/tool", "build/x.py"]


def test_a_path_given_twice_is_printed_once(project: Path) -> None:
    touch(project, "a/b.py")
    assert printed(project, "a", "a/b.py", "./a/b.py") == ["a/b.py"]


def test_a_missing_path_is_told_and_the_others_are_done(project: Path) -> None:
    touch(project, "a.py")
    roots = Roots(str(project))
    found = discover(("gone.py", "a.py"), roots, Configs(roots, {}).of)
    assert found.errors == (RunError("gone.py", "missing-path", "no such file or folder"),)
    assert found.files == (f"{project}/a.py",)


def test_default_excludes_are_not_walked(project: Path) -> None:
    touch(project, "a.py", "build/b.py", "src/node_modules/c.py", ".venv/d.py", "dist/e.py")
    assert printed(project) == ["a.py"]


def test_an_excluded_folder_that_is_named_is_walked(project: Path) -> None:
    touch(project, "build/b.py", "build/lib/dist/c.py")
    assert printed(project, "build") == ["build/b.py"]


def test_exclude_and_extend_exclude(project: Path) -> None:
    touch(project, "gen/a.py", "build/b.py", "c.py", "d_pb2.py")
    assert printed(project, exclude=("gen",)) == ["build/b.py", "c.py", "d_pb2.py"]
    assert printed(project, extend_exclude=("gen", "*_pb2.py")) == ["c.py"]


def test_force_exclude_holds_for_files_that_are_named(project: Path) -> None:
    touch(project, "build/b.py", "c.py")
    assert printed(project, "build/b.py", "c.py", force_exclude=True) == ["c.py"]


def test_the_place_of_a_project_is_not_held_against_it(tmp_path: Path) -> None:
    write(tmp_path, "build/app/pyproject.toml", "[tool.poollint]\n")
    touch(tmp_path, "build/app/a.py")
    assert printed(tmp_path / "build/app") == ["a.py"]
    assert printed(tmp_path / "build/app", "a.py", force_exclude=True) == ["a.py"]


def test_a_virtual_environment_of_any_name_is_left_out(project: Path) -> None:
    touch(project, "env3/pyvenv.cfg", "env3/lib/a.py", "b.py")
    assert (printed(project), known(project)) == (["b.py"], ["b.py"])


# --- git -----------------------------------------------------------------------------------------


def test_what_git_ignores_is_left_out(project: Path) -> None:
    write(project, ".gitignore", "local_*.py\n/scratch/\n")
    touch(project, "local_a.py", "app/local_b.py", "scratch/c.py", "app/scratch/d.py")
    assert printed(project) == ["app/scratch/d.py"]


def test_a_nested_gitignore_outranks_the_outer_one(project: Path) -> None:
    write(project, ".gitignore", "gen_*.py\n")
    write(project, "app/.gitignore", "!gen_kept.py\nextra.py\n")
    touch(project, "gen_kept.py", "app/gen_kept.py", "app/gen_other.py", "app/extra.py", "extra.py")
    assert printed(project) == ["app/gen_kept.py", "extra.py"]


def test_a_negation_within_one_file(project: Path) -> None:
    write(project, ".gitignore", "gen/*\n!gen/kept.py\n")
    touch(project, "gen/kept.py", "gen/other.py")
    assert printed(project) == ["gen/kept.py"]


def test_nothing_comes_back_from_an_ignored_folder(project: Path) -> None:
    write(project, ".gitignore", "gen/\n!gen/kept.py\n")
    touch(project, "gen/kept.py", "a.py")
    assert printed(project) == ["a.py"]


def test_the_private_exclude_file_of_a_repository(project: Path) -> None:
    write(project, ".git/info/exclude", "mine.py\nyours.py\n")
    write(project, ".gitignore", "!yours.py\n")
    touch(project, "mine.py", "yours.py")
    assert printed(project) == ["yours.py"]


def test_a_gitignore_above_the_folder_counts_up_to_the_repository(project: Path) -> None:
    write(project, ".gitignore", "gen.py\n")
    touch(project, "app/pkg/gen.py", "app/pkg/a.py")
    assert printed(project, "app/pkg") == ["app/pkg/a.py"]


def test_an_ignored_folder_that_is_named_is_walked(project: Path) -> None:
    write(project, ".gitignore", "/trees/\n")
    write(project, "trees/one/.gitignore", "b.py\n")
    touch(project, "trees/one/a.py", "trees/one/b.py")
    assert printed(project) == []
    assert printed(project, "trees/one") == ["trees/one/a.py"]


def test_git_can_be_left_alone(project: Path) -> None:
    write(project, ".gitignore", "a.py\n")
    touch(project, "a.py")
    assert printed(project, respect_gitignore=False) == ["a.py"]


def test_a_file_that_git_ignores_is_taken_when_it_is_named(project: Path) -> None:
    write(project, ".gitignore", "a.py\n")
    touch(project, "a.py")
    assert printed(project, "a.py") == ["a.py"]


# --- what is known -------------------------------------------------------------------------------


def test_excluded_files_are_known(project: Path) -> None:
    write(project, "pyproject.toml", '[tool.poollint]\nextend-exclude = ["gen"]\n')
    touch(project, "gen/a.py", "b.py")
    assert (printed(project), known(project)) == (["b.py"], ["b.py", "gen/a.py"])


def test_installed_and_built_files_are_never_known(project: Path) -> None:
    write(project, ".gitignore", "local.py\n")
    touch(
        project, "local.py", "lib/site-packages/a.py", "build/lib/b.py", "node_modules/c.py", "d.py", "x.egg-info/e.py"
    )
    assert known(project) == ["d.py"]


def test_a_package_that_is_called_build_is_known(project: Path) -> None:
    touch(project, "app/build/__init__.py", "app/build/a.py")
    assert known(project) == ["app/build/__init__.py", "app/build/a.py"]


def test_links_are_not_followed_out_of_the_root(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside")
    touch(outside, "a.py")
    touch(project, "b.py", "pkg/c.py")
    (project / "a.py").symlink_to(outside / "a.py")
    (project / "folder").symlink_to(outside)
    (project / "loop").symlink_to(project)
    (project / "again.py").symlink_to(project / "b.py")
    assert printed(project) == ["again.py", "b.py", "pkg/c.py"]
    assert known(project) == ["again.py", "b.py", "pkg/c.py"]
    assert printed(project, "folder") == [os.path.relpath(outside / "a.py", project)]
