"""How often code runs, across files: per request, once, or not known."""

from __future__ import annotations

import pytest
from reach_support import frequency, ordinal_of, reach_of, story

from poollint.analysis.reach import Reach

FASTAPI = """
    from fastapi import FastAPI
    from orders import router
    from db import open_pool, make_report
    from contextlib import asynccontextmanager

    @asynccontextmanager
    async def begin(app):
        app.state.pool = await open_pool()
        yield

    app = FastAPI(lifespan=begin)
    app.include_router(router)

    if __name__ == "__main__":
        make_report()
"""
ORDERS = """
    from fastapi import APIRouter, Depends
    import db

    router = APIRouter()

    def current_user(pool=Depends(db.get_pool)):
        return pool

    @router.post("/orders")
    async def create_order(user=Depends(current_user)):
        return db.get_engine()
"""
DB = """
    from functools import lru_cache

    _engine = None

    async def open_pool():
        return connect()

    def connect():
        return 1

    def get_pool():
        global _engine
        if _engine is None:
            _engine = build()
        return _engine

    def build():
        return 2

    def get_engine():
        return settings().make()

    @lru_cache
    def settings():
        return read()

    def read():
        return 3

    def make_report():
        return helper()

    def helper():
        return 4

    def unused():
        return 5
"""


@pytest.fixture(scope="module")
def shop() -> Reach:
    return reach_of(main=FASTAPI, orders=ORDERS, db=DB)


@pytest.mark.parametrize(
    "name, expected",
    [
        ("get_engine", "request"),
        ("get_pool", "request"),
        ("build", "once"),
        ("open_pool", "once"),
        ("connect", "once"),
        ("settings", "once"),
        ("read", "once"),
        ("make_report", "once"),
        ("helper", "once"),
        ("unused", "unknown"),
        ("<module>", "once"),
    ],
)
def test_a_router_in_one_file_and_what_it_uses_in_another(name: str, expected: str, shop: Reach) -> None:
    assert frequency(shop, name, "db.py") == expected


def test_the_shortest_chain_is_told() -> None:
    reach = reach_of(main=FASTAPI, orders=ORDERS, db=DB)
    assert story(reach, "get_engine", "db.py") == ["a FastAPI route", "`create_order()` calls `get_engine()`"]
    assert story(reach, "create_order", "orders.py") == ["a FastAPI route"]
    assert story(reach, "current_user", "orders.py") == ["a FastAPI dependency"]


def test_longer_chains_are_told_from_the_handler_on() -> None:
    reach = reach_of(
        main="""
        from flask import Flask
        app = Flask(__name__)

        @app.route("/")
        def index():
            return Service().load()

        class Service:
            def __init__(self):
                self.client = make()

            def load(self):
                return self._fetch()

            def _fetch(self):
                return fetch()

        def make(): ...
        def fetch(): ...
        """
    )
    assert story(reach, "fetch") == [
        "a Flask route",
        "`index()` calls `Service.load()`",
        "`Service.load()` calls `Service._fetch()`",
        "`Service._fetch()` calls `fetch()`",
    ]
    assert story(reach, "make") == [
        "a Flask route",
        "`index()` makes a `Service`",
        "`Service.__init__()` calls `make()`",
    ]


def test_both_once_and_per_request_is_per_request() -> None:
    reach = reach_of(
        main="""
        from flask import Flask
        app = Flask(__name__)
        shared = make()

        def make(): ...

        @app.get("/")
        def index():
            return make()
        """
    )
    assert frequency(reach, "make") == "request"


def test_both_once_and_not_known_is_not_known() -> None:
    reach = reach_of(
        main="""
        def main():
            return make()

        def other():
            return make()

        def make(): ...
        """
    )
    assert frequency(reach, "make") == "unknown"


def test_equal_chains_go_by_path_and_function() -> None:
    view = """
        from flask import Blueprint
        from base import work
        bp = Blueprint("x", __name__)

        @bp.route("/")
        def {name}():
            return work()
    """
    reach = reach_of(base="def work(): ...", zoo=view.format(name="a"), ant=view.format(name="z"))
    chain = reach.runs("base.py", "work").chain
    assert [(step.place.path, step.place.function) for step in chain] == [("ant.py", "z")]


# --- frameworks ----------------------------------------------------------------------------------


def test_django_function_and_class_views_by_their_urls() -> None:
    reach = reach_of(
        shop__urls="""
        from django.urls import path
        from django.contrib.auth.decorators import login_required
        from . import views

        urlpatterns = [
            path("a", views.listing),
            path("b", views.Detail.as_view()),
            path("c", login_required(views.private)),
            path("d", views.Odd.as_view()),
        ]
        """,
        shop__views="""
        from django.views import View
        from elsewhere import Base

        def listing(r):
            return 1

        def private(r):
            return 1

        def not_routed(x):
            return 1

        class Detail(View):
            def get(self, r):
                return self.helper()

            def helper(self):
                return 2

        class Odd(Base):
            def post(self, r):
                return 1
        """,
        shop__management__commands__sync="""
        from django.core.management.base import BaseCommand

        class Command(BaseCommand):
            def handle(self, *args, **options):
                run()

        def run(): ...
        """,
    )
    views = "shop/views.py"
    assert frequency(reach, "listing", views) == "request"
    assert frequency(reach, "private", views) == "request"
    assert frequency(reach, "not_routed", views) == "unknown"
    assert frequency(reach, "Detail.get", views) == "request"
    assert story(reach, "Detail.helper", views) == ["a Django view class", "`Detail.get()` calls `Detail.helper()`"]
    assert frequency(reach, "Odd.post", views) == "request"
    assert frequency(reach, "run", "shop/management/commands/sync.py") == "once"


@pytest.mark.parametrize(
    "text, name",
    [
        (
            """
            from flask import Flask
            def view(): ...
            app = Flask(__name__)
            app.add_url_rule("/x", view_func=view)
            """,
            "view",
        ),
        (
            """
            from flask import Flask
            def create_app():
                app = Flask(__name__)
                app.add_url_rule("/x", "x", view)
                return app
            def view(): ...
            """,
            "view",
        ),
        (
            """
            from celery import Celery
            app = Celery("x")
            @app.task(bind=True)
            def work(self): ...
            """,
            "work",
        ),
        (
            """
            from celery import shared_task
            @shared_task
            def work(): ...
            """,
            "work",
        ),
        ("def lambda_handler(event, context): ...", "lambda_handler"),
        (
            """
            from aiohttp import web
            async def index(r): ...
            app = web.Application()
            app.router.add_get("/", index)
            """,
            "index",
        ),
        (
            """
            from aiohttp import web
            async def index(r): ...
            def setup(app):
                app.add_routes([web.get("/", index)])
            """,
            "index",
        ),
        (
            """
            from aiohttp import web
            routes = web.RouteTableDef()
            @routes.get("/")
            async def index(r): ...
            """,
            "index",
        ),
        (
            """
            from starlette.routing import Route
            async def index(r): ...
            routes = [Route("/", endpoint=index)]
            """,
            "index",
        ),
        (
            """
            import tornado.web
            class Main(tornado.web.RequestHandler):
                def get(self): ...
            """,
            "Main.get",
        ),
        (
            """
            import falcon
            class Things:
                def on_get(self, req, resp): ...
            app = falcon.App()
            app.add_route("/things", Things())
            """,
            "Things.on_get",
        ),
        (
            """
            from greet import greet_pb2_grpc
            class Greeter(greet_pb2_grpc.GreeterServicer):
                def SayHello(self, r, c): ...
            """,
            "Greeter.SayHello",
        ),
        (
            """
            from litestar import get
            @get("/")
            async def index() -> str: ...
            """,
            "index",
        ),
        (
            """
            from discord.ext import commands
            class Fun(commands.Cog):
                @commands.command()
                async def joke(self, ctx): ...
            """,
            "Fun.joke",
        ),
        (
            """
            from discord.ext import commands
            bot = commands.Bot("!")
            @bot.group()
            async def admin(ctx): ...
            @admin.command()
            async def ban(ctx): ...
            """,
            "ban",
        ),
        (
            """
            from telegram.ext import CommandHandler
            async def start(u, c): ...
            handlers = [CommandHandler("start", start)]
            """,
            "start",
        ),
        (
            """
            from mcp.server.fastmcp import FastMCP
            mcp = FastMCP("x")
            @mcp.tool()
            def search(q: str) -> str: ...
            """,
            "search",
        ),
        (
            """
            from langchain_core.tools import tool
            @tool
            def search(q: str) -> str: ...
            """,
            "search",
        ),
        (
            """
            async def work(ctx): ...
            class WorkerSettings:
                functions = [work]
            """,
            "work",
        ),
        (
            """
            from rq import Queue
            def work(): ...
            def enqueue():
                Queue("x").enqueue(work)
            """,
            "work",
        ),
        (
            """
            import strawberry
            @strawberry.type
            class Query:
                @strawberry.field
                def books(self) -> str: ...
            """,
            "Query.books",
        ),
        (
            """
            from http.server import BaseHTTPRequestHandler
            class Handler(BaseHTTPRequestHandler):
                def do_GET(self): ...
            """,
            "Handler.do_GET",
        ),
        (
            """
            class Middleware:
                def __init__(self, app): ...
                async def __call__(self, scope, receive, send): ...
            """,
            "Middleware.__call__",
        ),
        (
            """
            from fastapi import BackgroundTasks
            def mail(): ...
            def later(tasks: BackgroundTasks):
                tasks.add_task(mail)
            """,
            "mail",
        ),
        (
            """
            from fastapi import FastAPI
            class API(FastAPI): ...
            app = API()
            @app.get("/")
            def index(): ...
            """,
            "index",
        ),
    ],
)
def test_handlers(text: str, name: str) -> None:
    runs = reach_of(main=text).runs("main.py", name)
    assert (runs.frequency, runs.certain, runs.chain) == ("request", True, ())


@pytest.mark.parametrize(
    "text, name",
    [
        ("def main(): ...", "main"),
        (
            """
            import click
            @click.group()
            def cli(): ...
            @cli.command()
            @click.option("--x")
            def run(x): ...
            """,
            "run",
        ),
        (
            """
            import typer
            app = typer.Typer()
            @app.command()
            def run(): ...
            """,
            "run",
        ),
        (
            """
            import pytest
            @pytest.fixture
            def client(request): ...
            """,
            "client",
        ),
        (
            """
            from fastapi import FastAPI
            app = FastAPI()
            @app.on_event("startup")
            async def begin(): ...
            """,
            "begin",
        ),
        (
            """
            from aiohttp import web
            async def begin(app): ...
            app = web.Application()
            app.on_startup.append(begin)
            """,
            "begin",
        ),
        (
            """
            from celery.signals import worker_process_init
            @worker_process_init.connect
            def begin(**kwargs): ...
            """,
            "begin",
        ),
        (
            """
            from flask import Flask
            app = Flask(__name__)
            @app.cli.command()
            def run(): ...
            """,
            "run",
        ),
        (
            """
            import argparse
            def run(arguments): ...
            def main():
                parser = argparse.ArgumentParser()
                parser.set_defaults(func=run)
            """,
            "run",
        ),
        (
            """
            class Registry:
                def __init__(self): ...
            registry = Registry()
            """,
            "Registry.__init__",
        ),
        (
            """
            import functools
            class C:
                @functools.cached_property
                def client(self): ...
            """,
            "C.client",
        ),
        (
            """
            class C:
                engine = 1
            """,
            "C.<body>",
        ),
    ],
)
def test_once_places(text: str, name: str) -> None:
    assert frequency(reach_of(main=text), name) == "once"


def test_gunicorn_hooks_are_once_in_its_file_only() -> None:
    reach = reach_of(gunicorn_conf="def post_fork(server, worker): ...", other="def post_fork(server, worker): ...")
    assert frequency(reach, "post_fork", "gunicorn_conf.py") == "once"
    assert frequency(reach, "post_fork", "other.py") == "unknown"


# --- what is not proven --------------------------------------------------------------------------


def test_an_unknown_decorator_leaves_a_function_unknown() -> None:
    reach = reach_of(
        main="""
        from flask import Flask
        from elsewhere import special
        app = Flask(__name__)

        @special
        def odd():
            return made()

        def made(): ...

        @app.get("/")
        def index():
            return odd()
        """
    )
    assert frequency(reach, "odd") == "unknown"
    assert frequency(reach, "made") == "unknown"


def test_a_decorator_of_the_project_that_calls_on_is_looked_through() -> None:
    reach = reach_of(
        main="""
        from flask import Flask
        import functools
        app = Flask(__name__)

        def logged(function):
            @functools.wraps(function)
            def wrapper(*args, **kwargs):
                return function(*args, **kwargs)
            return wrapper

        def remembered(function):
            results = {}
            def wrapper(key):
                if key not in results:
                    results[key] = function(key)
                return results[key]
            return wrapper

        @logged
        def plain(): ...

        @remembered
        def kept(key): ...

        @app.get("/")
        def index():
            return plain(), kept(1)
        """
    )
    assert frequency(reach, "plain") == "request"
    assert frequency(reach, "kept") == "unknown"


def test_a_decorator_of_the_project_that_returns_the_framework_s_own() -> None:
    reach = reach_of(
        core__commands="""
        from discord.ext.commands import command as plain_command

        def command(name=None, **attributes):
            attributes.setdefault("cls", object)
            return plain_command(name, **attributes)
        """,
        core____init__="",
        main="""
        from core import commands

        class Fun:
            @commands.command()
            async def joke(self, ctx): ...
        """,
    )
    assert story(reach, "Fun.joke") == ["a Discord command"]


def test_a_function_that_is_passed_on_is_not_once() -> None:
    reach = reach_of(
        main="""
        from elsewhere import subscribe

        def main():
            subscribe(on_message)
            start()

        def on_message(message): ...
        def start(): ...
        """
    )
    assert frequency(reach, "on_message") == "unknown"
    assert frequency(reach, "start") == "once"


def test_a_function_that_a_handler_passes_on_is_not_known_to_run() -> None:
    reach = reach_of(
        main="""
        from flask import Flask
        from elsewhere import remember
        app = Flask(__name__)

        @app.get("/")
        def index():
            remember(work)

        def work(): ...
        """
    )
    assert frequency(reach, "work") == "unknown"


def test_a_method_that_unknown_objects_may_run_is_not_once() -> None:
    reach = reach_of(
        main="""
        class Client:
            def fetch(self): ...

            def close(self): ...

        def main():
            client = Client()
            client.fetch()
            client.close()

        def library_function(client):
            return client.fetch()
        """
    )
    assert frequency(reach, "Client.fetch") == "unknown"
    assert frequency(reach, "Client.close") == "once"


def test_what_only_tests_call_is_not_once() -> None:
    reach = reach_of(
        client="""
        def fetch(): ...
        def used(): ...

        if __name__ == "__main__":
            used()
        """,
        test_client="""
        from client import fetch, used

        def test_fetch():
            assert fetch() == used()
        """,
    )
    assert frequency(reach, "test_fetch", "test_client.py") == "once"
    assert frequency(reach, "fetch", "client.py") == "unknown"
    assert frequency(reach, "used", "client.py") == "once"


def test_a_first_parameter_named_request_is_likely_a_handler() -> None:
    reach = reach_of(
        views="""
        from django.http import JsonResponse

        def listing(request):
            return helper()

        def helper(): ...
        """,
        client="""
        import requests

        def send(req):
            return req
        """,
    )
    runs = reach.runs("views.py", "listing")
    assert (runs.frequency, runs.certain) == ("request", False)
    assert reach.runs("views.py", "helper").certain is False
    assert frequency(reach, "send", "client.py") == "unknown"


def test_a_parameter_typed_as_a_request_is_likely_a_handler() -> None:
    reach = reach_of(
        main="""
        from starlette.requests import Request
        import httpx
        import fastapi

        def pool_of(r: Request): ...

        def send(request: httpx.Request): ...

        class Service:
            def load(self, request: "fastapi.Request"): ...
        """
    )
    runs = reach.runs("main.py", "pool_of")
    assert (runs.frequency, runs.certain) == ("request", False)
    assert frequency(reach, "send") == "unknown"
    assert frequency(reach, "Service.load") == "request"


def test_a_certain_chain_is_told_before_a_shorter_likely_one() -> None:
    reach = reach_of(
        main="""
        from fastapi import FastAPI, Request
        app = FastAPI()

        @app.get("/")
        def index():
            return middle()

        def middle():
            return made()

        def likely(request: Request):
            return made()

        def made(): ...
        """
    )
    assert reach.runs("main.py", "made").certain is True
    assert len(reach.runs("main.py", "made").chain) == 2


def test_a_route_on_an_untyped_application_is_likely() -> None:
    reach = reach_of(
        main="""
        from flask import jsonify

        def register(app):
            @app.route("/x")
            def view():
                return jsonify(1)
        """
    )
    runs = reach.runs("main.py", "register.view")
    assert (runs.frequency, runs.certain) == ("request", False)


# --- guards, objects, closures -------------------------------------------------------------------


def test_an_object_guard_holds_unless_objects_are_made_per_request() -> None:
    text = """
        from flask import Flask
        app = Flask(__name__)

        class Repo:
            def __init__(self):
                self._client = None

            def client(self):
                if self._client is None:
                    self._client = build()
                return self._client

        def build(): ...
        {shared}

        @app.get("/")
        def index():
            {use}
    """
    lasting = reach_of(main=text.format(shared="repo = Repo()", use="return repo.client()"))
    assert frequency(lasting, "build") == "once"
    fresh = reach_of(main=text.format(shared="", use="return Repo().client()"))
    assert frequency(fresh, "build") == "request"


def test_a_class_that_is_also_made_elsewhere_keeps_its_guards() -> None:
    reach = reach_of(
        repo="""
        class Repo:
            _client = None

            def client(self):
                if self._client is None:
                    self._client = build()
                return self._client

        def build(): ...
        """,
        main="""
        from fastapi import FastAPI
        from repo import Repo
        app = FastAPI()
        repo = Repo()

        @app.get("/")
        def index():
            return repo.client()
        """,
        function="""
        from repo import Repo

        def handler(event, context):
            return Repo().client()
        """,
        test_repo="""
        from repo import Repo

        def test_client():
            assert Repo().client()
        """,
    )
    assert frequency(reach, "build", "repo.py") == "once"


def test_callers_that_give_the_thing_do_not_make_it() -> None:
    reach = reach_of(
        main="""
        from flask import Flask
        app = Flask(__name__)
        shared = object()

        class Given:
            def __init__(self, name, client=None):
                self.client = client or make()

        class Kept:
            def __init__(self, engine=None):
                found = engine
                if found is None:
                    found = make()
                self.engine = found

        class Forgotten:
            def __init__(self, client=None):
                if client is None:
                    client = make()
                self.client = client

        def make(): ...

        @app.get("/")
        def index(options):
            return Given("x", shared), Kept(engine=shared), Forgotten(client=None)
        """
    )

    def at(qualified: str) -> str:
        file = reach.linker.project.file("main.py")
        assert file is not None
        return reach.runs_at("main.py", qualified, ordinal_of(file.form.functions[qualified])).frequency

    assert frequency(reach, "Given.__init__") == "request"
    assert at("Given.__init__") == "unknown"
    assert at("Kept.__init__") == "unknown"
    assert at("Forgotten.__init__") == "request"
    steps = ["`index()` makes a `Forgotten`", "`Forgotten.__init__()` calls `make()`"]
    assert story(reach, "make") == ["a Flask route", *steps]


def test_view_objects_are_made_per_request() -> None:
    reach = reach_of(
        main="""
        from django.views import View

        class Detail(View):
            _client = None

            def get(self, r):
                if self._client is None:
                    self._client = build()
                return self._client

        def build(): ...
        """
    )
    assert frequency(reach, "build") == "request"


def test_a_guarded_call_that_fills_the_place_itself() -> None:
    reach = reach_of(
        main="""
        from fastapi import FastAPI
        app = FastAPI()

        class Store:
            def __init__(self):
                self.pool = None

            async def connect(self):
                self.pool = await build()

            async def fetch(self):
                if self.pool is None:
                    await self.connect()
                return self.pool

            async def again(self):
                if not self.quiet:
                    await self.connect_anew()

            async def connect_anew(self):
                self.other = await rebuild()

        async def build(): ...
        async def rebuild(): ...

        store = Store()

        @app.get("/")
        async def index():
            await store.again()
            return await store.fetch()
        """
    )
    assert frequency(reach, "Store.fetch") == "request"
    assert frequency(reach, "build") == "once"
    assert frequency(reach, "rebuild") == "request"


def test_what_flask_g_keeps_dies_with_the_request() -> None:
    reach = reach_of(
        main="""
        from flask import Flask, g, current_app
        app = Flask(__name__)

        def get_db():
            if "db" not in g:
                g.db = connect()
            return g.db

        def get_pool():
            if "pool" not in current_app.extensions:
                current_app.extensions["pool"] = build()
            return current_app.extensions["pool"]

        def connect(): ...
        def build(): ...

        @app.get("/")
        def index():
            return get_db(), get_pool()
        """
    )
    assert frequency(reach, "connect") == "request"
    assert frequency(reach, "build") == "once"


def test_a_cached_dependency_runs_once() -> None:
    reach = reach_of(
        main="""
        from functools import lru_cache
        from fastapi import Depends, FastAPI
        app = FastAPI()

        @lru_cache
        def engine():
            return build()

        def build(): ...

        @app.get("/")
        def index(e=Depends(engine)): ...
        """
    )
    assert frequency(reach, "engine") == "once"
    assert frequency(reach, "build") == "once"


def test_a_class_as_dependency_is_made_per_request() -> None:
    reach = reach_of(
        main="""
        from typing import Annotated
        from fastapi import Depends, FastAPI
        app = FastAPI()

        class Repo:
            def __init__(self):
                self.client = build()

        class Checker:
            def __init__(self, role):
                self.role = load(role)

            def __call__(self):
                return check()

        def build(): ...
        def load(role): ...
        def check(): ...

        @app.get("/", dependencies=[Depends(Checker("admin"))])
        def index(repo: Annotated[Repo, Depends(Repo)]): ...
        """
    )
    assert frequency(reach, "build") == "request"
    assert frequency(reach, "check") == "request"
    assert frequency(reach, "load") != "request"


def test_closures_and_lambdas_of_a_handler() -> None:
    reach = reach_of(
        main="""
        from fastapi import FastAPI
        from elsewhere import StreamingResponse, retry
        app = FastAPI()

        @app.get("/")
        async def index():
            async def events():
                yield stream()

            def attempt():
                return tried()

            retry(attempt)
            retry(lambda: late())
            return StreamingResponse(events())

        def stream(): ...
        def tried(): ...
        def late(): ...
        """
    )
    assert frequency(reach, "stream") == "request"
    assert frequency(reach, "tried") == "request"
    assert frequency(reach, "late") == "request"


def test_properties_and_with_statements_run_code() -> None:
    reach = reach_of(
        main="""
        from flask import Flask
        app = Flask(__name__)

        class Repo:
            @property
            def client(self):
                return build()

        class Unit:
            def __enter__(self):
                return begin()

            def __exit__(self, *args): ...

        def build(): ...
        def begin(): ...
        repo = Repo()

        @app.get("/")
        def index():
            with Unit() as unit:
                return repo.client.get("/x")
        """
    )
    steps = ["`index()` reads `Repo.client`", "`Repo.client()` calls `build()`"]
    assert story(reach, "build") == ["a Flask route", *steps]
    assert frequency(reach, "begin") == "request"


def test_inherited_constructors_and_super() -> None:
    reach = reach_of(
        base="""
        class Base:
            def __init__(self):
                self.client = build()

            def run(self):
                return self.step()

            def step(self):
                return 1

        def build(): ...
        """,
        main="""
        from flask import Flask
        from base import Base
        app = Flask(__name__)

        class Special(Base):
            def __init__(self):
                super().__init__()

            def step(self):
                return special()

        def special(): ...

        @app.get("/")
        def index():
            return Special().run()
        """,
    )
    assert frequency(reach, "build", "base.py") == "request"
    runs = reach.runs("main.py", "special")
    assert (runs.frequency, runs.certain) == ("request", False)


# --- threads and edges ---------------------------------------------------------------------------


def test_who_runs_in_a_thread() -> None:
    reach = reach_of(
        main="""
        import asyncio
        import functools
        from concurrent.futures import ThreadPoolExecutor
        from asgiref.sync import sync_to_async
        from fastapi import FastAPI, Depends
        app = FastAPI()

        @app.get("/a")
        def plain(): ...

        @app.get("/b")
        async def index(x=Depends(lambda: 1)):
            await asyncio.to_thread(moved, 1)
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(None, functools.partial(bound, 1))
            ThreadPoolExecutor().submit(submitted)
            await sync_to_async(wrapped)(1)
            called()

        def moved(x): ...
        def bound(x): ...
        def submitted(): ...
        def wrapped(x): ...
        def called(): ...

        @sync_to_async
        def decorated(): ...
        """
    )
    threaded = ["plain", "moved", "bound", "submitted", "wrapped", "decorated"]
    names = [*threaded, "index", "called"]
    assert [name for name in names if reach.is_threaded("main.py", name)] == threaded


def test_callees_tell_what_is_awaited_and_what_is_handed_off() -> None:
    reach = reach_of(
        main="""
        import asyncio

        async def caller():
            await one()
            two()
            await asyncio.to_thread(three)
            keep(four)

        async def one(): ...
        def two(): ...
        def three(): ...
        def four(): ...
        """
    )
    told = [(e.target.qualified, e.awaited, e.handed_off) for e in reach.callees("main.py", "caller")]
    assert told == [("one", True, ""), ("two", False, ""), ("three", False, "thread")]
    assert [e.place.function for e in reach.callers("main.py", "two")] == ["caller"]


def test_what_a_thread_of_main_runs_is_once() -> None:
    reach = reach_of(
        main="""
        import threading

        def worker():
            return build()

        def build(): ...

        def main():
            threading.Thread(target=worker).start()
        """
    )
    assert frequency(reach, "build") == "once"


def test_calls_through_other_names() -> None:
    reach = reach_of(
        db="def get_engine(): ...",
        names="from db import get_engine as engine_of",
        main="""
        from flask import Flask
        from names import engine_of
        app = Flask(__name__)
        alias = engine_of

        @app.get("/")
        def index():
            return alias()
        """,
    )
    assert frequency(reach, "get_engine", "db.py") == "request"


def test_recursion_ends() -> None:
    reach = reach_of(main="def f(): return g()\ndef g(): return f()\n")
    assert frequency(reach, "f") == "unknown"


def test_a_command_of_a_group_in_a_group_runs_once() -> None:
    reach = reach_of(
        main="""
        import click

        @click.group()
        def cli(): ...

        @cli.group("user")
        def user(): ...

        @user.command("register")
        @click.option("--mail")
        def register(mail): ...
        """
    )
    assert frequency(reach, "register") == "once"
