"""Configuration: layers, errors with their lines, and what is anchored where."""

from __future__ import annotations

from pathlib import Path

import pytest

from poollint.engine.config import Config, Configs
from poollint.engine.errors import UsageError
from poollint.engine.roots import Roots
from poollint.model.settings import DEFAULT_EXCLUDES, Concurrency


def configured(
    base: Path, folder: str = "", config: str | None = None, isolated: bool = False, **flags: object
) -> Config:
    """The configuration of a file in `folder`, with the working directory at `base`."""
    roots = Roots(str(base), isolated)
    return Configs(roots, flags, config).of(roots.root_of(f"{base / folder}/x.py"))


def written(path: Path, table: str, head: str = "[tool.poollint]\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(head + table)
    return path


def problem(base: Path, table: str) -> str:
    written(base / "pyproject.toml", table)
    with pytest.raises(UsageError) as caught:
        configured(base)
    return str(caught.value)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ('selct = ["CPL1"]', 'pyproject.toml:2: unknown key "selct"; did you mean "select"?'),
        ("min_severity = 1", 'pyproject.toml:2: unknown key "min_severity"; did you mean "min-severity"?'),
        ("jobs = 2\nexclude = 3", 'pyproject.toml:3: "exclude": expected a list of texts, got 3'),
        ("exclude = ['a', 1]", 'pyproject.toml:2: "exclude": expected a list of texts, found 1 in it'),
        ("jobs = '2'", 'pyproject.toml:2: "jobs": expected a whole number, got "2"'),
        ("jobs = true", 'pyproject.toml:2: "jobs": expected a whole number, got true'),
        ("force-exclude = 'yes'", 'pyproject.toml:2: "force-exclude": expected true or false, got "yes"'),
        (
            "\nmin-severity = 'warn'",
            'pyproject.toml:3: "min-severity": expected "info", "warning" or "error", got "warn"; '
            'did you mean "warning"?',
        ),
        ("select = ['CPL777']", 'pyproject.toml:2: "select": unknown rule "CPL777"'),
        ("ignore = ['pool-in-lop']", '"ignore": unknown rule "pool-in-lop"; did you mean "pool-in-loop"?'),
        ("extend-select = ['cpl201']", '"extend-select": unknown rule "cpl201"; did you mean "CPL201"?'),
        (
            "[tool.poollint.per-file-ignores]\n'a.py' = ['CPL1']\n'b.py' = ['sizng']",
            'pyproject.toml:4: "per-file-ignores.b.py": unknown rule "sizng"; did you mean "sizing"?',
        ),
        ("severity = { CPL201 = 'loud' }", 'expected "info", "warning" or "error", got "loud"'),
        ("roles = { test = ['qa/**'] }", 'pyproject.toml:2: "roles.test": unknown role "test"'),
        ("concurrency = { worker = 3 }", '"concurrency.worker": unknown key "worker"; did you mean "workers"?'),
        ("concurrency = { workers = 0 }", '"concurrency.workers": expected a whole number above 0, got 0'),
        ("library = 3", 'pyproject.toml:2: "library": expected an array of tables'),
        ("[[tool.poollint.library]]\nroots = ['mylib']\n[[tool.poollint.library]]\nrots = ['x']", "pyproject.toml:5: "),
        (
            "[[tool.poollint.library]]\nroots = ['mylib']\n[[tool.poollint.library.type]]\nname = 'p'\nkind = 'pol'",
            'pyproject.toml:6: library[0]: type[0].kind: "pol" is not a word for it (did you mean "pool"?)',
        ),
        ("select = ['CPL9']", 'pyproject.toml:2: "select": unknown rule "CPL9"; no code begins with it'),
    ],
)
def test_what_is_wrong_is_told_with_file_line_and_key(tmp_path: Path, table: str, message: str) -> None:
    assert message in problem(tmp_path, table + "\n")


def test_a_table_that_is_no_table(tmp_path: Path) -> None:
    written(tmp_path / "pyproject.toml", "poollint = 3\n", head="[tool]\n")
    with pytest.raises(UsageError, match=r'^pyproject\.toml:2: "poollint": expected a table$'):
        configured(tmp_path)


def test_the_nearer_file_replaces_values_and_adds_to_what_grows(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    written(
        tmp_path / "pyproject.toml",
        'jobs = 2\nmin-severity = "error"\nextend-ignore = ["CPL201"]\n'
        'per-file-ignores = { "a.py" = ["CPL1"] }\nconcurrency = { workers = 4, threads = 8 }\n',
    )
    written(
        tmp_path / "app/pyproject.toml",
        'jobs = 3\nextend-ignore = ["CPL202"]\nper-file-ignores = { "a.py" = ["CPL3"], "b.py" = ["CPL2"] }\n'
        "concurrency = { threads = 1 }\n",
    )
    settings = configured(tmp_path, "app").settings
    assert (settings.jobs, settings.min_severity) == (3, "error")
    assert settings.extend_ignore == ("CPL201", "CPL202")
    assert settings.per_file_ignores == {"a.py": ("CPL1", "CPL3"), "b.py": ("CPL2",)}
    assert settings.concurrency == Concurrency(workers=4, threads=1)


def test_globs_are_anchored_at_the_file_that_says_them(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    written(tmp_path / "pyproject.toml", 'per-file-ignores = { "app/a.py" = ["CPL1"] }\n')
    written(tmp_path / "app/pyproject.toml", 'per-file-ignores = { "/a.py" = ["CPL3"], "!b.py" = ["CPL2"] }\n')
    ignores = configured(tmp_path, "app").file_ignores
    holding = {
        name: [i.selectors for i in ignores if i.holds_for(f"{tmp_path}/app/{name}")] for name in ("a.py", "b.py")
    }
    assert holding == {"a.py": [("CPL1",), ("CPL3",), ("CPL2",)], "b.py": []}


def test_flags_win_over_files_and_say_so(tmp_path: Path) -> None:
    written(tmp_path / "pyproject.toml", 'jobs = 2\nselect = ["CPL1"]\nextend-exclude = ["gen"]\n')
    config = configured(tmp_path, jobs=5, extend_exclude=("tmp",))
    assert config.settings.jobs == 5
    assert config.settings.extend_exclude == ("gen", "tmp")
    assert config.origins == {"jobs": "flags", "select": "pyproject.toml", "extend_exclude": "flags"}


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"select": ("CPL99",)}, '--select: unknown rule "CPL99"'),
        ({"min_confidence": "hgh"}, '--min-confidence: expected "low", "medium" or "high", got "hgh"'),
        ({"jobs": "x"}, '--jobs: expected a whole number, got "x"'),
        ({"selekt": ()}, 'unknown key "selekt"'),
    ],
)
def test_a_wrong_flag_is_named(tmp_path: Path, flags: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        configured(tmp_path, **flags)
    assert message in str(caught.value)


def test_a_config_file_replaces_the_search(tmp_path: Path) -> None:
    written(tmp_path / "pyproject.toml", "jobs = 2\n")
    written(tmp_path / "ci.toml", "jobs = 4\n", head="")
    written(tmp_path / "other/pyproject.toml", "jobs = 6\n")
    assert configured(tmp_path, config="ci.toml").settings.jobs == 4
    assert configured(tmp_path, config="other/pyproject.toml").settings.jobs == 6


def test_a_config_file_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^none\.toml: cannot be read"):
        configured(tmp_path, config="none.toml")


def test_isolated_runs_read_no_file(tmp_path: Path) -> None:
    written(tmp_path / "pyproject.toml", "jobs = 2\n")
    assert configured(tmp_path, isolated=True).settings.jobs == 0


def test_default_excludes_are_anchored_at_the_project(tmp_path: Path) -> None:
    written(tmp_path / "build/app/pyproject.toml", "")
    config = configured(tmp_path, "build/app")
    assert [glob.pattern for glob in config.exclude] == list(DEFAULT_EXCLUDES)
    assert not any(glob.covers(f"{tmp_path}/build/app/x.py") for glob in config.exclude)


def test_exclude_in_a_file_replaces_the_defaults(tmp_path: Path) -> None:
    written(tmp_path / "pyproject.toml", 'exclude = ["gen"]\n')
    assert [glob.pattern for glob in configured(tmp_path).exclude] == ["gen"]


def test_nothing_of_a_file_is_formatted_or_run(tmp_path: Path) -> None:
    nasty = "{settings.__class__}$(touch x)%s"
    assert nasty in problem(tmp_path, f'select = ["{nasty}"]\n')
    assert not (tmp_path / "x").exists()


def test_a_users_library_reaches_the_configuration(tmp_path: Path) -> None:
    written(tmp_path / "pyproject.toml", "[[tool.poollint.library]]\nroots = ['mylib']\n")
    assert configured(tmp_path).libraries == (("pyproject.toml", {"roots": ["mylib"]}),)
