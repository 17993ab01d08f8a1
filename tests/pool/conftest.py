"""Tests that ask for `package` run twice: with poollint.pool, and with a copy of the folder under another name."""

from __future__ import annotations

import importlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pool_servers import MariaDB, Postgres, need
from pool_support import Driver, FakeClock, Pools, Tasks

HERE = Path(__file__).parent
FOLDER = HERE.parent.parent / "poollint" / "pool"
GIVEN = os.environ.get("POOLLINT_POOL_FOLDER")
"""A copy of the folder to test in place of both: a script that breaks one line after the other sets it."""


@pytest.fixture(scope="session")
def copies() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(GIVEN or FOLDER, Path(folder, "vendored_pool"), ignore=shutil.ignore_patterns("__pycache__"))
        sys.path.insert(0, folder)
        yield Path(folder)
        sys.path.remove(folder)


@pytest.fixture(scope="session", params=["vendored_pool"] if GIVEN else ["poollint.pool", "vendored_pool"])
def package(request: pytest.FixtureRequest, copies: Path) -> ModuleType:
    return importlib.import_module(request.param)


@pytest.fixture
def driver() -> Driver:
    return Driver()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def pools(package: ModuleType, driver: Driver, clock: FakeClock) -> Iterator[Pools]:
    """Makes pools over the fake driver and the fake clock; at the end they are closed and their books must balance."""
    made = Pools(package, driver, clock)
    yield made
    made.finish()


@pytest.fixture
def tasks(package: ModuleType) -> Tasks:
    return Tasks(package)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    server = Postgres()
    yield server
    server.remove()


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDB]:
    need("pymysql")
    server = MariaDB()
    yield server
    server.remove()


@pytest.fixture(autouse=True)
def _without_interrupted_switching() -> Iterator[None]:
    interval = sys.getswitchinterval()
    yield
    sys.setswitchinterval(interval)


def pytest_configure(config: Any) -> None:
    config.addinivalue_line("markers", "servers: needs a database server, which the test starts")
