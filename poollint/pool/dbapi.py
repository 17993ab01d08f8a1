"""The hooks that fit a driver: `Pool(connect, **dbapi(driver))`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import Any, TypedDict

__all__ = ["Hooks", "dbapi"]


class Hooks(TypedDict, total=False):
    """Arguments of `Pool` and `AsyncPool`."""

    check: Callable[[object], object]
    reset: Callable[[object], object]
    is_closed: Callable[[object], object]
    close: Callable[[object], object]


IDLE_STATUS = 0
"""libpq's transaction status: no transaction is open."""
UNKNOWN_STATUS = 4
"""libpq's transaction status: the connection is bad."""


def dbapi(module: ModuleType, *, ping: str | None = "SELECT 1") -> Hooks:
    """Hooks for connections of `module`: what asks whether one lives, ends its transaction, sees that it is closed.

    `ping` is the statement that asks, where the driver has no call of its own; None leaves the check out. Any module of
    PEP 249 will do; those that are known by name are done better. `AsyncPool` takes the asynchronous connections of
    psycopg and oracledb, and aiomysql, aiosqlite, asyncmy and asyncpg. Raises TypeError for what is no driver."""
    name = module.__name__.partition(".")[0]
    make = MAKERS.get(name)
    if make is None and not hasattr(module, "apilevel"):
        raise TypeError(f"{module.__name__} is no module of PEP 249, and dbapi does not know it: write the hooks")
    hooks = (make or plain)(ping)
    if ping is None:
        hooks.pop("check", None)
    return hooks


def rollback(conn: Any) -> object:
    return conn.rollback()


def asks(ping: str | None) -> Callable[[Any], object]:
    """A statement, and an end to the transaction that some drivers begin for it."""

    def check(conn: Any) -> object:
        cursor = conn.cursor()
        try:
            cursor.execute(ping)
            cursor.fetchall()
        finally:
            cursor.close()
        return rollback(conn)

    return check


def plain(ping: str | None) -> Hooks:
    return {"check": asks(ping), "reset": rollback}


def libpq(status: Callable[[Any], int]) -> Callable[[Any], object]:
    """A rollback only where a transaction is open, as it costs a round trip."""

    def reset(conn: Any) -> object:
        now = status(conn)
        if now == UNKNOWN_STATUS:
            raise ConnectionError("the connection is in an unknown state")
        return None if now == IDLE_STATUS else conn.rollback()

    return reset


def psycopg2(ping: str | None) -> Hooks:
    def is_closed(conn: Any) -> bool:
        return bool(conn.closed)

    reset = libpq(lambda conn: int(conn.get_transaction_status()))
    return {"check": asks(ping), "reset": reset, "is_closed": is_closed}


def psycopg(ping: str | None) -> Hooks:
    def check(conn: Any) -> object:
        answer = conn.execute(ping)
        return then_rollback(conn, answer) if isinstance(answer, Awaitable) else rollback(conn)

    def is_closed(conn: Any) -> bool:
        return bool(conn.closed)

    return {"check": check, "reset": libpq(lambda conn: int(conn.pgconn.transaction_status)), "is_closed": is_closed}


async def then_rollback(conn: Any, answer: Awaitable[object]) -> object:
    await answer
    return await conn.rollback()


def asyncpg(ping: str | None) -> Hooks:
    def check(conn: Any) -> object:
        return conn.execute(ping)

    def reset(conn: Any) -> object:
        return conn.reset()

    def is_closed(conn: Any) -> object:
        return conn.is_closed()

    return {"check": check, "reset": reset, "is_closed": is_closed}


def pymysql(_: str | None) -> Hooks:
    def check(conn: Any) -> object:
        return conn.ping(False)  # without a reconnect, which would lose the session

    def is_closed(conn: Any) -> bool:
        return not conn.open

    return {"check": check, "reset": rollback, "is_closed": is_closed}


def asynchronous_mysql(is_closed: Callable[[Any], object]) -> Callable[[str | None], Hooks]:
    def check(conn: Any) -> object:
        return conn.ping(reconnect=False)

    async def close(conn: Any) -> None:
        try:
            await conn.ensure_closed()  # says goodbye, so that the server notes no broken session
        finally:
            conn.close()

    return lambda _: {"check": check, "reset": rollback, "is_closed": is_closed, "close": close}


def mysqlclient(_: str | None) -> Hooks:
    def check(conn: Any) -> object:
        return conn.ping()

    def is_closed(conn: Any) -> bool:
        return not conn.open

    return {"check": check, "reset": rollback, "is_closed": is_closed}


def mariadb(_: str | None) -> Hooks:
    def check(conn: Any) -> object:
        return conn.ping()

    return {"check": check, "reset": rollback}


def oracledb(_: str | None) -> Hooks:
    def check(conn: Any) -> object:
        return conn.ping()

    def is_closed(conn: Any) -> bool:
        return not conn.is_healthy()  # looks at what the driver knows, without a round trip

    return {"check": check, "reset": rollback, "is_closed": is_closed}


def sqlite3(ping: str | None) -> Hooks:
    """For connections made with `check_same_thread=False`."""

    def check(conn: Any) -> object:
        conn.execute(ping).fetchall()
        return None

    def reset(conn: Any) -> object:
        return conn.rollback() if conn.in_transaction else None

    return {"check": check, "reset": reset}


def aiosqlite(ping: str | None) -> Hooks:
    def check(conn: Any) -> object:
        return conn.execute_fetchall(ping)

    def reset(conn: Any) -> object:
        return conn.rollback() if conn.in_transaction else None

    def is_closed(conn: Any) -> bool:
        try:
            return conn.in_transaction is None
        except ValueError:
            return True

    return {"check": check, "reset": reset, "is_closed": is_closed}


def clickhouse(ping: str | None) -> Hooks:
    """For connections of its PEP 249 side, and for its native clients. There are no transactions to end."""
    ask = asks(ping)

    def check(conn: Any) -> object:
        return conn.execute(ping) if hasattr(conn, "execute") else ask(conn)

    def is_closed(conn: Any) -> object:
        return getattr(conn, "is_closed", False)

    def close(conn: Any) -> object:
        return conn.disconnect() if hasattr(conn, "disconnect") else conn.close()

    return {"check": check, "is_closed": is_closed, "close": close}


MAKERS: dict[str, Callable[[str | None], Hooks]] = {
    "MySQLdb": mysqlclient,
    "aiomysql": asynchronous_mysql(lambda conn: conn.closed),
    "aiosqlite": aiosqlite,
    "asyncmy": asynchronous_mysql(lambda conn: not conn.connected),
    "asyncpg": asyncpg,
    "clickhouse_driver": clickhouse,
    "mariadb": mariadb,
    "oracledb": oracledb,
    "psycopg": psycopg,
    "psycopg2": psycopg2,
    "pymysql": pymysql,
    "sqlite3": sqlite3,
}
