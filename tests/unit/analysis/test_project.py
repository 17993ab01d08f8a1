"""How imports find the project's files, as Python would from wherever the program may be started."""

from __future__ import annotations

import pytest

from poollint.analysis.project import Project
from poollint.catalogue.catalogue import load_catalogue
from poollint.model.meaning import UNRESOLVED, External, FileModule, Meaning
from poollint.model.value import Unknown


def resolved(paths: str, importer: str, dotted: str, level: int = 0, sources: tuple[str, ...] = (".", "src")) -> str:
    """The module as text: a path, `folder/` for a package without `__init__.py`, `outside NAME`, or `unknown`."""
    project = Project(frozenset(paths.split()), lambda path: None, load_catalogue(), sources)
    return shown(project.module(importer, dotted, level))


def shown(found: Meaning | None) -> str:
    if isinstance(found, External):
        return f"outside {found.name}"
    if isinstance(found, Unknown):
        assert found is UNRESOLVED
        return "unknown"
    assert isinstance(found, FileModule)
    return found.path or f"{found.folder}/"


@pytest.mark.parametrize(
    ("paths", "importer", "dotted", "expected"),
    [
        # From the root.
        ("main.py db.py", "main.py", "db", "db.py"),
        ("app/__init__.py app/db.py main.py", "main.py", "app", "app/__init__.py"),
        ("app/__init__.py app/db.py main.py", "main.py", "app.db", "app/db.py"),
        ("app/__init__.py app/db/__init__.py app/a.py", "app/a.py", "app.db", "app/db/__init__.py"),
        ("app/__init__.py app/a.py", "app/a.py", "app.missing", "outside app.missing"),
        # A package wins over a module of its name.
        ("db.py db/__init__.py main.py", "main.py", "db", "db/__init__.py"),
        # `src` and other folders that imports start from.
        ("src/app/__init__.py src/app/db.py tests/t.py", "tests/t.py", "app.db", "src/app/db.py"),
        ("src/app/db.py src/app/a.py", "src/app/a.py", "app.db", "src/app/db.py"),
        # Scripts: the folder of the file, and those above, unless they are packages.
        ("tools/run.py tools/db.py", "tools/run.py", "db", "tools/db.py"),
        ("a/b/run.py a/db.py", "a/b/run.py", "db", "a/db.py"),
        ("app/__init__.py app/a.py app/db.py", "app/a.py", "db", "outside db"),
        ("a/b/__init__.py a/b/run.py a/db.py", "a/b/run.py", "db", "a/db.py"),
        ("one/run.py two/db.py", "one/run.py", "db", "outside db"),
        # Services side by side: each its own.
        ("one/run.py one/db.py two/run.py two/db.py", "one/run.py", "db", "one/db.py"),
        ("one/run.py one/db.py two/run.py two/db.py", "two/run.py", "db", "two/db.py"),
        # Two different ones: which it is depends on how the program is started.
        ("db.py tools/run.py tools/db.py", "tools/run.py", "db", "unknown"),
        ("app/__init__.py src/app/__init__.py main.py", "main.py", "app", "unknown"),
        # Packages without `__init__.py`.
        ("app/db.py main.py", "main.py", "app", "app/"),
        ("app/db.py main.py", "main.py", "app.db", "app/db.py"),
        ("app/sub/db.py main.py", "main.py", "app.sub", "app/sub/"),
        ("lib/app/x.py app/__init__.py lib/run.py", "lib/run.py", "app", "app/__init__.py"),
        # The names of libraries: only a module or package of the project shadows them.
        ("redis.py main.py", "main.py", "redis", "redis.py"),
        ("requests/__init__.py main.py", "main.py", "requests", "requests/__init__.py"),
        ("requests/__init__.py main.py", "main.py", "requests.adapters", "outside requests.adapters"),
        ("redis/run.py main.py", "main.py", "redis", "outside redis"),
        ("redis/asyncio.py main.py", "main.py", "redis.asyncio", "outside redis.asyncio"),
        ("docker/redis.py app/main.py", "app/main.py", "redis", "outside redis"),
        ("app/__init__.py app/redis.py app/main.py", "app/main.py", "redis", "outside redis"),
        ("app/redis.py app/main.py", "app/main.py", "redis", "app/redis.py"),
        # A file does not mean itself.
        ("tools/redis.py", "tools/redis.py", "redis", "outside redis"),
        ("redis/__init__.py redis/client.py", "redis/__init__.py", "redis.client", "redis/client.py"),
        ("redis/__init__.py", "redis/__init__.py", "redis", "redis/__init__.py"),
        ("main.py", "main.py", "os.path", "outside os.path"),
    ],
)
def test_absolute_imports(paths: str, importer: str, dotted: str, expected: str) -> None:
    assert resolved(paths, importer, dotted) == expected


@pytest.mark.parametrize(
    ("paths", "importer", "dotted", "level", "expected"),
    [
        ("app/__init__.py app/a.py app/db.py", "app/a.py", "db", 1, "app/db.py"),
        ("app/__init__.py app/a.py", "app/a.py", "", 1, "app/__init__.py"),
        ("app/a.py app/db.py", "app/a.py", "", 1, "app/"),
        ("app/__init__.py app/db.py", "app/__init__.py", "db", 1, "app/db.py"),
        ("app/__init__.py app/x/__init__.py app/x/a.py app/db.py", "app/x/a.py", "db", 2, "app/db.py"),
        ("app/x/a.py app/y/db.py", "app/x/a.py", "y.db", 2, "app/y/db.py"),
        ("app/x/__init__.py app/db.py", "app/x/__init__.py", "db", 2, "app/db.py"),
        ("a.py db.py", "a.py", "db", 1, "db.py"),
        ("a.py db.py", "a.py", "db", 2, "outside ..db"),
        ("app/a.py db.py", "app/a.py", "db", 3, "outside ...db"),
        ("app/a.py", "app/a.py", "missing", 1, "outside .missing"),
        ("app/redis.py app/a.py", "app/a.py", "redis", 1, "app/redis.py"),
    ],
)
def test_relative_imports(paths: str, importer: str, dotted: str, level: int, expected: str) -> None:
    assert resolved(paths, importer, dotted, level) == expected


def test_other_folders_that_imports_start_from() -> None:
    paths = "lib/python/app/__init__.py main.py"
    assert resolved(paths, "main.py", "app") == "outside app"
    assert resolved(paths, "main.py", "app", sources=("./lib/python/",)) == "lib/python/app/__init__.py"


@pytest.mark.parametrize(
    ("paths", "module", "name", "expected"),
    [
        ("app/__init__.py app/db.py", FileModule("app/__init__.py"), "db", "app/db.py"),
        ("app/db/x.py", FileModule("", "app"), "db", "app/db/"),
        ("__init__.py db.py", FileModule("__init__.py"), "db", "db.py"),
    ],
)
def test_modules_below_a_package(paths: str, module: FileModule, name: str, expected: str) -> None:
    project = Project(frozenset(paths.split()), lambda path: None, load_catalogue())
    assert shown(project.submodule(module, name)) == expected


def test_a_module_has_nothing_below_it() -> None:
    project = Project(frozenset({"app.py", "app/db.py", "my__init__.py"}), lambda path: None, load_catalogue())
    assert project.submodule(FileModule("app.py"), "db") is None
    assert project.submodule(FileModule("my__init__.py"), "app") is None
