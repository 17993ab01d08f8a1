"""The folder stands alone: what importing it brings, what it offers, and that both pools offer the same."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from test_pool_fork import run_script

NAMES = [
    "AsyncPool", "LeakReport", "Pool", "PoolClosed", "PoolDeadlock", "PoolError", "PoolEvent", "PoolFull", "PoolStats",
    "PoolTimeout", "aborrow", "borrow", "dbapi", "shared",
]  # fmt: skip


def test_what_it_offers(package: ModuleType) -> None:
    assert package.__all__ == NAMES
    assert all(getattr(package, name).__module__.startswith(package.__name__) for name in NAMES)
    with pytest.raises(AttributeError, match="has no attribute 'Lease'"):
        package.Lease  # noqa: B018


def test_importing_it_brings_nothing_else(package: ModuleType, copies: Path) -> None:
    script = (
        f"import sys, json; before = set(sys.modules); import {package.__name__}; "
        "after = set(sys.modules) - before; "
        f"pool = {package.__name__}.Pool(object); pool.acquire(); has = 'asyncio' in sys.modules; "
        f"{package.__name__}.AsyncPool; "
        "print(json.dumps([sorted(after), has, 'asyncio' in sys.modules]))"
    )
    done = run_script(script, copies, "-W", "ignore")
    assert done.returncode == 0, done.stderr
    after, used_it, touched_it = json.loads(done.stdout)
    own = {name for name in after if name.partition(".")[0] == package.__name__.partition(".")[0]}
    assert {name for name in own if not name.startswith(package.__name__)} <= {"poollint"}
    assert {name.partition(".")[0] for name in set(after) - own} <= set(sys.stdlib_module_names)
    assert "asyncio" not in after
    assert (used_it, touched_it) == (False, True)


def test_it_imports_itself_by_relative_names_only(package: ModuleType) -> None:
    for path in Path(package.__file__ or "").parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom):
                name = (node.module or "").partition(".")[0]
                assert (node.level == 1) or (node.level == 0 and name in (sys.stdlib_module_names | {"__future__"}))
            if isinstance(node, ast.Import):
                assert all(alias.name.partition(".")[0] in sys.stdlib_module_names for alias in node.names)


def test_files_are_small(package: ModuleType) -> None:
    for path in Path(package.__file__ or "").parent.glob("*.py"):
        assert len(path.read_text("utf-8").splitlines()) < 300, path.name


def public(kind: type) -> dict[str, Any]:
    return {name: member for name, member in inspect.getmembers(kind) if not name.startswith("_")}


def parameters(function: Any) -> list[Any]:
    return [(one.name, one.default, one.kind) for one in inspect.signature(function).parameters.values()]


def test_both_pools_offer_the_same(package: ModuleType) -> None:
    threads, tasks = public(package.Pool), public(package.AsyncPool)
    assert threads.keys() == tasks.keys()
    assert {name for name, member in threads.items() if callable(member)} == {
        "acquire", "close", "connection", "discard", "evict_all", "leaks", "open", "release", "resize", "stats",
    }  # fmt: skip
    for name, member in threads.items():
        if callable(member):
            assert parameters(member) == parameters(tasks[name]), name
            told = inspect.getdoc(tasks[name]) or ""
            assert inspect.getdoc(member) == told.replace("an `async with`", "a `with`"), name
    waits = {name for name, member in tasks.items() if inspect.iscoroutinefunction(member)}
    assert waits | {"release"} == {"acquire", "release", "discard", "open", "close"}
    assert inspect.signature(package.Pool) == inspect.signature(package.AsyncPool)


def test_the_defaults_are_listed_once(package: ModuleType) -> None:
    options = {field.name: field.default for field in dataclasses.fields(package.options.Options)}
    parameters = dict(inspect.signature(package.Pool).parameters)
    del parameters["connect"]
    assert {name: parameter.default for name, parameter in parameters.items()} == options
    assert all(parameter.kind is parameter.KEYWORD_ONLY for parameter in parameters.values())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"max_size": 0}, "max_size must be a whole number from 1, not 0"),
        ({"min_size": 3, "max_size": 2}, r"min_size must be a whole number from 0 to max_size \(2\), not 3"),
        ({"min_size": -1}, "min_size must be"),
        ({"max_waiting": -1}, "max_waiting must be a whole number from 0, or None, not -1"),
        ({"timeout": None}, "timeout must be 0 or more seconds, not None"),
        ({"timeout": -1}, "timeout must be 0 or more"),
        ({"max_lifetime": 0}, "max_lifetime must be more than 0 seconds, not 0"),
        ({"max_idle": "5"}, "max_idle must be more than 0 seconds, not '5'"),
        ({"hook_timeout": 0}, "hook_timeout must be more than 0"),
        ({"leak_after": -3}, "leak_after must be more than 0"),
        ({"check_after": True}, "check_after must be 0 or more"),
    ],
)
def test_options_that_make_no_sense(package: ModuleType, options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        package.Pool(object, **options)


def test_the_errors_are_of_one_family(package: ModuleType) -> None:
    for name in ("PoolClosed", "PoolDeadlock", "PoolFull", "PoolTimeout"):
        assert issubclass(getattr(package, name), package.PoolError)
    assert issubclass(package.PoolTimeout, TimeoutError)


TYPED = """
import sqlite3
from poollint.pool import AsyncPool, Pool, PoolEvent, dbapi, shared

def connect() -> sqlite3.Connection: ...
def seen(event: PoolEvent) -> None: ...

POOL: Pool[sqlite3.Connection] = Pool(connect, max_size=3, on_event=seen, **dbapi(sqlite3))
with Pool(connect, **dbapi(sqlite3)).connection() as conn:
    reveal_type(conn)

async def aconnect() -> bytes: ...

async def main() -> None:
    async with AsyncPool(aconnect) as pool, pool.connection() as conn:
        reveal_type(conn)
    reveal_type(await pool.acquire())

@shared
def get_pool(dsn: str) -> Pool[sqlite3.Connection]: ...
reveal_type(get_pool("x"))
get_pool(3)
"""


def test_the_types_that_users_see(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    (tmp_path / "user.py").write_text(TYPED, "utf-8")
    flags = ["--no-pretty", "--disable-error-code=empty-body"]
    command = [sys.executable, "-m", "mypy", "--strict", f"--cache-dir={tmp_path / 'cache'}", *flags, "user.py"]
    root = str(Path(__file__).parents[2])
    environment = {**os.environ, "MYPYPATH": root}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    said = done.stdout
    revealed = [line.replace("builtins.", "").split('"')[1] for line in said.splitlines() if "Revealed type" in line]
    assert revealed == [
        "sqlite3.Connection", "bytes", "bytes", "poollint.pool.sync.Pool[sqlite3.Connection]",
    ]  # fmt: skip
    errors = [line for line in said.splitlines() if ": error:" in line]
    assert len(errors) == 1 and "arg-type" in errors[0], said
