"""Small programs through the leak interpreter: what each acquire's facts say."""

from __future__ import annotations

import textwrap
from functools import cache

from poollint.analysis.acquires import AcquireReader
from poollint.analysis.linker import Linker
from poollint.analysis.lowering import lower
from poollint.analysis.project import Project
from poollint.analysis.settings import SettingReader
from poollint.analysis.values import ValueReader
from poollint.catalogue.catalogue import Catalogue, load_catalogue
from poollint.model.acquired import AcquireFact
from poollint.syntax.source import Source

PSYCOPG2 = """\
import asyncio
import atexit
import contextlib
import logging
import sys
import time
import weakref
from contextlib import ExitStack, closing, contextmanager, suppress

import psycopg2
import pytest
from psycopg2.pool import PoolError, ThreadedConnectionPool

logger = logging.getLogger(__name__)
pool = ThreadedConnectionPool(1, 10, "dbname=app")
other = ThreadedConnectionPool(1, 10, "dbname=other")


"""
ASYNCPG = """\
import asyncio
import asyncpg


async def made() -> asyncpg.Pool:
    return await asyncpg.create_pool("postgresql://db/app")


class Service:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool


"""
SQLALCHEMY = """\
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine, async_sessionmaker
from sqlalchemy.orm import Session, scoped_session, sessionmaker

engine = create_engine("postgresql://db/app")
Local = sessionmaker(bind=engine)
async_engine = create_async_engine("postgresql+asyncpg://db/app")
AsyncLocal = async_sessionmaker(async_engine)


"""
LIKELY = ("dropped", "overwritten", "deleted", "loop", "return", "end", "raise", "strong")


@cache
def catalogue() -> Catalogue:
    return load_catalogue()


def acquires(files: dict[str, str], path: str) -> tuple[AcquireFact, ...]:
    """The acquires of one file among several."""

    def load(wanted: str) -> object:
        return lower(Source(wanted, files[wanted].encode()).tree, wanted).form

    project = Project(frozenset(files), load, catalogue())  # type: ignore[arg-type]
    linker = Linker(project, frozenset(files))
    found, _ = AcquireReader(linker, SettingReader(ValueReader(linker))).facts(path)
    return found


def program(body: str, prelude: str = PSYCOPG2) -> tuple[AcquireFact, ...]:
    """The acquires of one file: a prelude of imports and pools, and the program."""
    return acquires({"app.py": prelude + textwrap.dedent(body)}, "app.py")


def kinds(body: str, prelude: str = PSYCOPG2, function: str = "f", also: tuple[str, ...] = ()) -> list[str]:
    """The kinds of leak of the only acquire of `function`; weak and cancelled ones only when asked for."""
    found = [fact for fact in program(body, prelude) if fact.place.function == function]
    assert len(found) == 1, [f"{fact.place.function}: {fact.text}" for fact in found]
    return sorted(leak.kind for leak in found[0].leaks if leak.kind in LIKELY + also)
