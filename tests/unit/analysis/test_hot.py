# ruff: noqa: E501
"""Which files can matter, told as small projects: whatever the linker could follow, and not much more."""

from __future__ import annotations

import pytest
from index_support import index_of

DB = "import psycopg2.pool\npool = psycopg2.pool.ThreadedConnectionPool(1, 2)\ndef get(): return pool.getconn()\nLIMIT = 5\n"
WEB = "from fastapi import FastAPI, Request\napp = FastAPI()\n"

STORIES: dict[str, tuple[dict[str, str], set[str]]] = {
    "a library's constructor": ({"a.py": "import redis\nr = redis.Redis()\n", "b.py": "x = 1\n"}, {"a.py"}),
    "a library's other names": ({"a.py": "from sqlalchemy import Column, Integer\nc = Column(Integer)\n"}, set()),
    "a library by another name": ({"a.py": "import sqlalchemy.orm as o\ndef f(): o.Session()\n"}, {"a.py"}),
    "a library imported whole": ({"a.py": "from sqlalchemy import *\ne = create_engine('x')\n"}, {"a.py"}),
    "an import in a function": ({"a.py": "def f():\n  import requests\n  requests.get('x')\n"}, {"a.py"}),
    "a method that one library alone has": ({"a.py": "def f(p): return p.getconn()\n"}, {"a.py"}),
    "a hot function elsewhere": ({"db.py": DB, "a.py": "from db import get\ndef f(): get()\n"}, {"db.py", "a.py"}),
    "another name of that file": ({"db.py": DB, "a.py": "from db import LIMIT\nx = LIMIT\n"}, {"db.py"}),
    "a word that is no such name": ({"db.py": DB, "a.py": "from db import LIMIT\nx = {}.get(LIMIT)\n"}, {"db.py"}),
    "by its module": ({"db.py": DB, "a.py": "import db\ndef f(): db.pool.x()\n"}, {"db.py", "a.py"}),
    "by its module, another name": ({"db.py": DB, "a.py": "import db\ndef f(): db.LIMIT\n"}, {"db.py"}),
    "under another name": ({"db.py": DB, "a.py": "from db import get as g\ndef f(): g()\n"}, {"db.py", "a.py"}),
    "callers of callers": (
        {"db.py": DB, "a.py": "from db import get\ndef f(): get()\n", "b.py": "import a\ndef g(): a.f()\n", "c.py": "from b import g\ng()\n"},
        {"db.py", "a.py", "b.py", "c.py"},
    ),
    "re-exported by a package": (
        {"app/__init__.py": "from .db import get\n", "app/db.py": DB, "a.py": "from app import get\ndef f(): get()\n"},
        {"app/__init__.py", "app/db.py", "a.py"},
    ),
    "re-exported with a star": (
        {"app/__init__.py": "from .db import *\n", "app/db.py": DB, "a.py": "from app import get\ndef f(): get()\n"},
        {"app/__init__.py", "app/db.py", "a.py"},
    ),
    "a module re-exported by a package": (
        {"app/__init__.py": "from .x import db as d\n", "app/x/__init__.py": "", "app/x/db.py": DB, "a.py": "from app import d\ndef f(): d.get()\n"},
        {"app/x/db.py", "a.py"},
    ),
    "a library handed on by a file": (
        {"compat.py": "import redis\n", "a.py": "from compat import redis\nr = redis.Redis()\n"},
        {"a.py"},
    ),
    "a class of a library handed on": (
        {"compat.py": "from redis import Redis\n", "a.py": "from compat import Redis\nr = Redis()\n"},
        {"compat.py", "a.py"},
    ),
    "through the top of a package": (
        {"app/__init__.py": "", "app/db.py": DB, "a.py": "import app.db\ndef f(): app.db.get()\n"},
        {"app/db.py", "a.py"},
    ),
    "a module of a package imported from it": (
        {"app/__init__.py": "", "app/db.py": DB, "a.py": "from app import db\ndef f(): db.get()\n"},
        {"app/db.py", "a.py"},
    ),
    "a package without __init__": ({"app/db.py": DB, "a.py": "import app.db as d\ndef f(): d.get()\n"}, {"app/db.py", "a.py"}),
    "a star import from the project": ({"db.py": DB, "a.py": "from db import *\ndef f(): get()\n"}, {"db.py", "a.py"}),
    "a library that a star brings": (
        {"db.py": "import requests\n", "a.py": "from db import *\nrequests.get('x')\n", "b.py": "from a import *\nrequests.get('x')\n"},
        {"a.py", "b.py"},
    ),
    "a class with a hot method": (
        {"db.py": "import redis\nclass Store:\n  def get(self): return redis.Redis()\n", "a.py": "from db import Store\ndef f(s: Store): s.get()\n"},
        {"db.py", "a.py"},
    ),
    "a quoted annotation": (
        {"db.py": "import redis\nclass Store:\n  def get(self): return redis.Redis()\n", "a.py": "import typing\nif typing.TYPE_CHECKING:\n  from db import Store\ndef f(s: 'Store'): s.get()\n"},
        {"db.py", "a.py"},
    ),
    "a global that a function sets": (
        {"db.py": "import redis\nclient = None\ndef start():\n  global client\n  client = redis.Redis()\n", "a.py": "import db\ndef f(): db.client.get('x')\n"},
        {"db.py", "a.py"},
    ),
    "names bound in branches": (
        {"db.py": "try:\n  import redis\nexcept ImportError:\n  pass\nelse:\n  if True:\n    r = redis.Redis()\n", "a.py": "from db import r\nr.get('x')\n"},
        {"db.py", "a.py"},
    ),
    "a base whose method calls what a derived class makes of it": (
        {"base.py": "class Job:\n  def run(self): return self.work()\n", "job.py": "import redis\nfrom base import Job\nclass Mine(Job):\n  def work(self): redis.Redis().get('x')\n", "main.py": "from base import Job\ndef go(job: Job): job.run()\n"},
        {"base.py", "job.py", "main.py"},
    ),
    "a base that calls nothing of it": (
        {"base.py": "class Job:\n  def run(self): return 1\n", "job.py": "import redis\nfrom base import Job\nclass Mine(Job):\n  def work(self): redis.Redis().get('x')\n", "main.py": "from base import Job\ndef go(job: Job): job.run()\n"},
        {"job.py"},
    ),
    "what the application keeps": (
        {"main.py": WEB + "import redis\napp.state.cache = redis.Redis()\n", "a.py": "from fastapi import Request\nasync def f(request: Request): request.app.state.cache.get('x')\n", "b.py": "def g(x): return x.other\n"},
        {"main.py", "a.py"},
    ),
    "what it keeps that does not matter": (
        {"main.py": WEB + "import redis\nr = redis.Redis()\napp.state.title = 'x'\n", "a.py": "from fastapi import Request\nasync def f(request: Request): request.app.state.title\n"},
        {"main.py"},
    ),
    "an application's key": (
        {"main.py": "from aiohttp import web\nimport redis\napp = web.Application()\napp['cache'] = redis.Redis()\n", "a.py": "from aiohttp import web\nasync def f(request: web.Request): request.app['cache'].get('x')\n"},
        {"main.py", "a.py"},
    ),
    "another value under a kept name": (
        {"main.py": WEB + "import redis\napp.state.cache = redis.Redis()\n", "fake.py": "from main import app\napp.state.cache = object()\n"},
        {"main.py", "fake.py"},
    ),
    "a registration of a hot handler": (
        {"v.py": "import requests\ndef view(): requests.get('x')\n", "urls.py": "from django.urls import path\nimport v\nurlpatterns = [path('x', v.view)]\n"},
        {"v.py", "urls.py"},
    ),
    "a project's module with a library's name": ({"redis.py": "class Redis: pass\n", "a.py": "import redis\nr = redis.Redis()\n"}, set()),
    "imports in a circle": (
        {"a.py": "import b\ndef f(): b.g()\n", "b.py": "import a, redis\ndef g(): redis.Redis(); a.f()\n"},
        {"a.py", "b.py"},
    ),
    "letters that only look otherwise": ({"a.py": "import ｒedis\nr = ｒedis.Redis()\n"}, {"a.py"}),
    "newer syntax than the running Python's": (
        {"a.py": "import redis\nx = t'{redis}'\nclient = redis.Redis()\n", "b.py": "from a import client\nclient.get('x')\n"},
        {"a.py", "b.py"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("story", STORIES)
def test_the_candidates(story: str) -> None:
    files, expected = STORIES[story]
    assert set(index_of(dict(files)).candidates) == expected


def test_a_file_that_only_hands_on_holds_no_site() -> None:
    index = index_of({"app/__init__.py": "from .db import get\n", "app/db.py": DB})
    assert index.candidates == {"app/__init__.py", "app/db.py"}
    assert [index.may_hold_sites(path) for path in sorted(index.candidates)] == [False, True]


def test_only_what_can_matter_is_outlined() -> None:
    index = index_of({"db.py": DB, **{f"x{i}.py": "import db\nimport os\n" for i in range(5)}})
    assert index.candidates == {"db.py"}
    assert set(index._outlines) == {"db.py"}
