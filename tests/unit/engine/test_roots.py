"""Which project a file belongs to."""

from __future__ import annotations

from pathlib import Path

from poollint.engine.roots import Root, Roots, displayed

TABLE = "[tool.poollint]\n"


def tree(base: Path, **files: str) -> Path:
    """Files by name, with `__` for `/` and a final `_toml`, `_py` or `_cfg` for the suffix."""
    for name, text in files.items():
        stem, _, suffix = name.replace("__", "/").rpartition("_")
        path = base / f"{stem}.{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return base


def root(base: Path, path: str, working_directory: str = "/", is_isolated: bool = False) -> Root:
    return Roots(working_directory, is_isolated).root_of(f"{base}/{path}")


def test_the_nearest_table_wins_over_a_nearer_marker(tmp_path: Path) -> None:
    tree(tmp_path, pyproject_toml=TABLE, app__setup_py="")
    assert root(tmp_path, "app/x.py") == Root(str(tmp_path))


def test_of_two_tables_the_nearer_wins(tmp_path: Path) -> None:
    tree(tmp_path, pyproject_toml=TABLE, app__pyproject_toml=TABLE)
    assert root(tmp_path, "app/x.py") == Root(f"{tmp_path}/app")


def test_without_a_table_the_nearest_marker_wins(tmp_path: Path) -> None:
    tree(tmp_path, pyproject_toml="[project]\n", app__setup_cfg="")
    assert root(tmp_path, "app/pkg/x.py") == Root(f"{tmp_path}/app")


def test_a_table_above_the_repository_does_not_count(tmp_path: Path) -> None:
    tree(tmp_path, pyproject_toml=TABLE, repo__app__x_py="")
    (tmp_path / "repo/.git").mkdir()
    assert root(tmp_path, "repo/app/x.py") == Root(f"{tmp_path}/repo")


def test_a_project_that_is_named_poollint_has_no_table_by_that(tmp_path: Path) -> None:
    tree(tmp_path, pyproject_toml=TABLE, app__pyproject_toml='[project]\nname = "poollint"\n')
    assert root(tmp_path, "app/x.py") == Root(str(tmp_path))


def test_a_broken_table_counts_so_that_its_error_is_told(tmp_path: Path) -> None:
    tree(tmp_path, app__pyproject_toml="[tool.poollint]\nselect = [\n")
    assert root(tmp_path, "app/x.py") == Root(f"{tmp_path}/app")


def test_without_any_marker_the_working_directory_is_the_root(tmp_path: Path) -> None:
    assert root(tmp_path, "app/pkg/x.py", f"{tmp_path}/app") == Root(f"{tmp_path}/app")


def test_a_file_outside_any_root_is_its_own_project(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    assert root(tmp_path, "there/x.py", f"{tmp_path}/here") == Root(f"{tmp_path}/there", is_whole=False)


def test_isolated_runs_look_at_no_marker(tmp_path: Path) -> None:
    tree(tmp_path, app__pyproject_toml=TABLE)
    assert root(tmp_path, "app/x.py", str(tmp_path), is_isolated=True) == Root(str(tmp_path))


def test_tables_hold_from_the_outermost_to_the_nearest_within_the_repository(tmp_path: Path) -> None:
    tree(tmp_path, pyproject_toml=TABLE, repo__pyproject_toml=TABLE, repo__app__pyproject_toml=TABLE)
    (tmp_path / "repo/.git").mkdir()
    found = Roots("/").configured_from(f"{tmp_path}/repo/app")
    assert found == [tmp_path / "repo/pyproject.toml", tmp_path / "repo/app/pyproject.toml"]


def test_without_a_repository_only_the_nearest_table_holds(tmp_path: Path) -> None:
    tree(tmp_path, pyproject_toml=TABLE, app__pyproject_toml=TABLE)
    assert Roots("/").configured_from(f"{tmp_path}/app") == [tmp_path / "app/pyproject.toml"]


def test_paths_are_shown_from_the_working_directory() -> None:
    shown = [
        displayed("/a/b/c.py", "/a"),
        displayed("/a/c.py", "/a/b"),
        displayed("/a/c.py", "/"),
        displayed("/a", "/a"),
    ]
    assert shown == ["b/c.py", "../c.py", "a/c.py", "."]
