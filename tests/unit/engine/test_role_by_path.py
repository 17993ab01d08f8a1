"""What part a file plays, by its path from the project's root."""

from __future__ import annotations

import pytest

from poollint.engine.globs import Glob
from poollint.engine.roles import role_of

PYTEST = b'"""Doc."""\nimport os, pytest\n'


def role(path: str, raw: bytes = b"", *declared: tuple[str, Glob]) -> str:
    return role_of(path, "/home/tests/app", lambda asked: raw, declared, {"alembic": "migrations"})


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("app/db.py", "application"),
        ("tests/db.py", "tests"),
        ("app/test/helpers/db.py", "tests"),
        ("app/testing/db.py", "application"),
        ("tests.py", "application"),
        ("alembic/env.py", "migrations"),
        ("app/migrations/0001_initial.py", "migrations"),
        ("examples/a.py", "examples"),
        ("docs/conf.py", "docs"),
        ("contest/db.py", "application"),
    ],
)
def test_by_folder(path: str, expected: str) -> None:
    assert role(path) == expected


@pytest.mark.parametrize("name", ["test_db.py", "db_test.py", "conftest.py"])
def test_by_name_only_with_a_test_frameworks_import(name: str) -> None:
    assert role(f"app/{name}", PYTEST) == "tests"
    assert role(f"app/{name}", b"from unittest.mock import Mock\n") == "tests"
    assert role(f"app/{name}", b"import pytestify\n# import pytest\n") == "application"


def test_other_names_are_not_tests_whatever_they_import() -> None:
    assert role("app/plugin.py", PYTEST) == "application"


def test_declared_globs_come_first() -> None:
    base = "/home/tests/app"
    assert role("tests/shop/db.py", b"", ("application", Glob(base, "tests/shop/**"))) == "application"
    assert role("qa/db.py", b"", ("tests", Glob(base, "qa"))) == "tests"


def test_a_migration_is_told_by_its_tools_import() -> None:
    assert role("app/revisions/core/env.py", b"import os\nfrom alembic import context\n") == "migrations"
    assert role("app/commands.py", b"def upgrade():\n    from alembic import command\n") == "application"
