"""What docs/pool.md shows is run as it stands there, with the libraries that it is for."""

from __future__ import annotations

import ast
import asyncio
import inspect
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Annotated, Any

import pytest
from pool_docs import PAGE
from pool_servers import Postgres, need
from pool_support import PATIENCE, Driver

SHOWN = re.findall(r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
RUN = {
    "def orders()": "test_the_first_one", "@shared": "test_shared", "def db():": "test_fastapi_in_threads",
    "def lifespan(": "test_fastapi_in_tasks", "asyncio.to_thread": "test_one_hop_to_a_thread",
    "before_request": "test_flask", "@app.task": "test_celery", "get_meter": "test_opentelemetry",
}  # fmt: skip
"""What each block is known by, and the test that runs it."""


def run(known_by: str, package: ModuleType, **names: Any) -> dict[str, Any]:
    """The one block that holds the words, after what it takes for granted. It imports the package by its name here."""
    [text] = [one for one in SHOWN if known_by in one]
    names |= {"Pool": package.Pool, "AsyncPool": package.AsyncPool, "asyncio": asyncio}
    code = compile(text.replace("poollint.pool", package.__name__), str(PAGE), "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    result = eval(code, names)
    if inspect.isawaitable(result):
        asyncio.run(result)  # type: ignore[arg-type]
    return names


def test_all_are_run() -> None:
    assert len(SHOWN) == len(RUN)
    for text in SHOWN:
        assert sum(words in text for words in RUN) == 1, text
    assert set(RUN.values()) < set(globals())


@pytest.fixture
def pool(package: ModuleType, driver: Driver) -> Iterator[Any]:
    with package.Pool(driver.connect, max_size=2, timeout=PATIENCE) as made:
        yield made


@pytest.mark.servers
def test_the_first_one(package: ModuleType, postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    need("psycopg2")
    postgres.ask("drop database if exists shop")
    postgres.ask("create database shop")
    monkeypatch.setenv("PGHOST", str(postgres.folder))
    monkeypatch.setenv("PGUSER", "postgres")
    names = run("def orders()", package)
    with names["POOL"] as pool:
        with pool.connection() as conn, conn.cursor() as cursor:
            cursor.execute("create table orders (number int)")
            cursor.execute("insert into orders values (7)")
            conn.commit()
        assert names["orders"]() == [(7,)]


def test_shared(package: ModuleType, driver: Driver) -> None:
    names = run("@shared", package, connect=lambda dsn: driver.connect())
    one = names["get_pool"]("dbname=one")
    assert names["get_pool"]("dbname=one") is one
    other = names["get_pool"]("dbname=other")
    assert other is not one
    with one, other, one.connection(), other.connection():
        assert driver.live == 2
    assert names["get_pool"].clear() == [one, other]


def together(count: int, work: Callable[[], Any]) -> list[Any]:
    results: list[Any] = []
    threads = [threading.Thread(target=lambda: results.append(work())) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert len(results) == count
    return results


def test_fastapi_in_threads(package: ModuleType, pool: Any, driver: Driver) -> None:
    fastapi, client_of = need("fastapi"), need("fastapi.testclient").TestClient
    db = run("def db():", package, POOL=pool)["db"]
    app = fastapi.FastAPI()

    def read(conn: Any) -> int:
        with conn.use():
            return int(conn.number)

    def fail(conn: Any) -> None:
        raise fastapi.HTTPException(418)

    for handler in (read, fail):
        handler.__annotations__["conn"] = Annotated[Any, fastapi.Depends(db)]
    app.get("/")(read)
    app.get("/fail")(fail)
    with client_of(app) as client:
        answers = together(20, lambda: client.get("/").json())
        assert set(answers) <= {1, 2}
        assert client.get("/fail").status_code == 418
    assert (pool.stats().held, pool.stats().acquired) == (0, 21)
    assert driver.most <= 2


def test_fastapi_in_tasks(package: ModuleType) -> None:
    fastapi, client_of = need("fastapi"), need("fastapi.testclient").TestClient
    made: list[Any] = []

    class Conn:
        is_closed = False

        async def close(self) -> None:
            self.is_closed = True

    async def connect() -> Conn:
        made.append(Conn())
        return made[-1]  # type: ignore[no-any-return]

    names = run("def lifespan(", package, connect=connect, asynccontextmanager=asynccontextmanager)
    app = fastapi.FastAPI(lifespan=names["lifespan"])

    async def read(request: Any) -> int:
        async with request.app.state.pool.connection() as conn:
            return made.index(conn)

    read.__annotations__["request"] = fastapi.Request
    app.get("/")(read)
    with client_of(app) as client:
        assert together(10, lambda: client.get("/").json()).count(0) > 0
        assert app.state.pool.stats().acquired == 10
    assert all(conn.is_closed for conn in made)


def test_one_hop_to_a_thread(package: ModuleType, pool: Any) -> None:
    def query(conn: Any) -> tuple[int, bool]:
        return conn.number, threading.current_thread() is threading.main_thread()

    assert run("asyncio.to_thread", package, POOL=pool, query=query)["result"] == (1, False)
    assert pool.stats().idle == 1


def test_flask(package: ModuleType, pool: Any, driver: Driver) -> None:
    flask = need("flask")
    app = flask.Flask("shop")

    @app.before_request
    def refuse() -> Any:
        return ("no", 403) if flask.request.path == "/refused" else None

    run("before_request", package, app=app, g=flask.g, ExitStack=ExitStack, POOL=pool)

    @app.get("/")
    def read() -> str:
        with flask.g.db.use():
            return str(flask.g.db.number)

    @app.get("/fail")
    def fail() -> str:
        raise KeyError("a fault of the view's")

    answers = together(20, lambda: app.test_client().get("/").text)
    assert set(answers) <= {"1", "2"}
    assert app.test_client().get("/fail").status_code == 500
    assert app.test_client().get("/refused").status_code == 403
    assert (pool.stats().held, pool.stats().acquired) == (0, 21)
    assert driver.most <= 2


TASKS = """
import os
from celery import Celery
from poollint.pool import Pool

folder = os.environ["FOLDER"]
ways = {"data_folder_in": folder, "data_folder_out": folder, "control_folder": folder}
app = Celery("shop", broker="filesystem://", backend="file://" + folder)
app.conf.update(broker_transport_options=ways, worker_hijack_root_logger=False)


class Conn:
    def __init__(self):
        self.process = os.getpid()

    def close(self):
        pass


POOL = Pool(Conn, max_size=1)
with POOL.connection():  # in the process that forks
    pass


def query(conn, table):
    return conn.process, os.getpid(), os.getppid(), table

"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform does not fork")
def test_celery(tmp_path: Path) -> None:
    need("celery")
    [block] = [one for one in SHOWN if "@app.task" in one]
    (tmp_path / "shop.py").write_text(TASKS + block, "utf-8")
    root = str(PAGE.parent.parent)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), root]), "FOLDER": str(tmp_path)}
    log = (tmp_path / "log").open("wb")
    worker = subprocess.Popen(
        [
            sys.executable, "-m", "celery", "-A", "shop", "worker", "--pool", "prefork", "-c", "2", "--without-gossip",
            "--without-mingle", "--without-heartbeat",
        ],
        env=environment, cwd=tmp_path, stdout=log, stderr=log,
    )  # fmt: skip
    ask = (
        "import json, shop\n"
        "asked = [shop.count.delay('orders') for _ in range(6)]\n"
        f"print(json.dumps([one.get(timeout={PATIENCE}) for one in asked]))\n"
    )
    try:
        done = subprocess.run(
            [sys.executable, "-c", ask], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
        )
    finally:
        worker.terminate()
        worker.wait(PATIENCE)
        log.close()
    assert done.returncode == 0, done.stderr + (tmp_path / "log").read_text("utf-8")
    for process, own, parent, table in json.loads(done.stdout):
        assert process == own != parent, "a connection of the child's own"
        assert table == "orders"


def test_opentelemetry(package: ModuleType, driver: Driver) -> None:
    sdk, export = need("opentelemetry.sdk.metrics"), need("opentelemetry.sdk.metrics.export")
    reader = export.InMemoryMetricReader()
    provider = sdk.MeterProvider([reader])
    names = run(
        "get_meter", package, metrics=SimpleNamespace(get_meter=provider.get_meter), connect=driver.connect,
        Observation=need("opentelemetry.metrics").Observation,
    )  # fmt: skip
    with names["POOL"] as pool:
        with pool.connection(), pool.connection():
            pass
        with pool.connection():
            data = reader.get_metrics_data()
    found = {
        one.name.removeprefix("db.client.connection."): list(one.data.data_points)
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for one in scope.metrics
    }
    assert {name: points[0].count for name, points in found.items() if hasattr(points[0], "count")} == {
        "wait_time": 3, "use_time": 2, "create_time": 2,
    }  # fmt: skip
    states = {point.attributes["db.client.connection.state"]: point.value for point in found["count"]}
    assert states == {"idle": 1, "used": 1}
    assert [point.value for point in found["pending_requests"]] == [0]
    assert found["count"][0].attributes["db.client.connection.pool.name"] == "pool"
    provider.shutdown()
