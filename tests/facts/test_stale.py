"""What CPL501, CPL502 and CPL505 say of SQLAlchemy's pool, seen on it: a pooled connection dies while it is idle."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from sqlalchemy.pool import QueuePool


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    yield f"sqlite:///{tmp_path}/shop.db"


def idle_death(url: str, **options: Any) -> sqlalchemy.Engine:
    """An engine whose one pooled connection has died since it was used."""
    engine = sqlalchemy.create_engine(url, poolclass=QueuePool, pool_size=1, **options)
    with engine.connect() as connection:
        driver = connection.connection.dbapi_connection
        connection.execute(sqlalchemy.text("select 1"))
    assert driver is not None
    driver.close()
    return engine


def first_query(engine: sqlalchemy.Engine) -> object:
    with engine.connect() as connection:
        return connection.execute(sqlalchemy.text("select 1")).scalar()


def test_without_either_setting_the_dead_connection_is_handed_out(url: str) -> None:
    with pytest.raises(sqlalchemy.exc.ProgrammingError, match="closed database"):
        first_query(idle_death(url))


def test_recycling_alone_hands_it_out_before_its_time(url: str) -> None:
    with pytest.raises(sqlalchemy.exc.ProgrammingError, match="closed database"):
        first_query(idle_death(url, pool_recycle=1800))


def test_recycling_renews_what_has_grown_old(url: str) -> None:
    engine = idle_death(url, pool_recycle=1)
    time.sleep(1.1)
    assert first_query(engine) == 1


def test_the_check_before_use_replaces_it(url: str) -> None:
    assert first_query(idle_death(url, pool_pre_ping=True)) == 1
