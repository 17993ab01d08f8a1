"""What becomes of a client that a function makes: where it is kept, by what, and how long it is in use."""

from __future__ import annotations

import textwrap

import pytest

from poollint.analysis.collect import Analysis
from poollint.analysis.lowering import lower
from poollint.analysis.project import Project
from poollint.catalogue.catalogue import load_catalogue
from poollint.catalogue.load import user_library
from poollint.model import form
from poollint.model.facts import ConstructFact, FileFacts
from poollint.syntax.source import Source

IMPORTS = """\
import asyncio
import boto3
import redis
from cassandra.cluster import Cluster
from pymongo import MongoClient
from redis.sentinel import Sentinel
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker
"""


def facts_of(text: str, *declared: dict[str, object], **others: str) -> FileFacts:
    texts = {"main.py": text, **{f"{name.replace('__', '/')}.py": other for name, other in others.items()}}
    catalogue = load_catalogue([user_library(table, "settings") for table in declared])

    def load(path: str) -> form.FileForm:
        return lower(Source(path, textwrap.dedent(texts[path]).encode()).tree, path).form

    project = Project(frozenset(texts), load, catalogue)
    return Analysis(project, frozenset(texts), catalogue).facts("main.py")


def first(body: str) -> ConstructFact:
    """The first construction in `def f(self, handle, keys)` with this body."""
    text = f"{IMPORTS}\nclass C:\n    def f(self, handle, keys):\n{textwrap.indent(textwrap.dedent(body), ' ' * 8)}"
    return facts_of(text).constructs[0]


@pytest.mark.parametrize(
    ("body", "lifetime"),
    [
        ("MongoClient()['shop'].orders.find_one({})", "local"),
        ("self.orders = MongoClient()['shop'].orders", "kept"),
        ("client = MongoClient()\ndatabase = client.get_database('shop')\nself.orders = database['orders']", "kept"),
        ("return MongoClient().shop", "returned"),
        ("return MongoClient().shop.orders.find_one({})", "local"),
        ("pool = redis.ConnectionPool()\nself.client = redis.Redis(connection_pool=pool)", "kept"),
        ("pool = redis.ConnectionPool()\nreturn redis.Redis(connection_pool=pool)", "returned"),
        ("pool = redis.ConnectionPool()\nreturn redis.Redis(connection_pool=pool).get('a')", "local"),
        ("cluster = Cluster()\nreturn cluster.connect()", "returned"),
        ("engine = create_engine('x')\nmaker = sessionmaker(engine)\nself.maker = maker", "kept"),
        ("engine = create_engine('x')\nself.session = Session(engine)", "kept"),
        ("engine = create_engine('x')\nself.connection = engine.connect()", "kept"),
        ("engine = create_engine('x')\nglobal maker\nmaker = sessionmaker(engine)", "lasting"),
        ("return sessionmaker(create_engine('x'))", "returned"),
        ("return sessionmaker(create_engine('x'))()", "local"),
        ("if client := MongoClient():\n    self.client = client", "kept"),
    ],
)
def test_what_is_a_part_of_it_or_holds_on_to_it_keeps_it(body: str, lifetime: str) -> None:
    assert first(body).lifetime == lifetime


@pytest.mark.parametrize(
    ("nested", "lifetime"),
    [
        ("def g():\n    return client.get('a')\nreturn g", "handed-on"),
        ("def g():\n    return client.get('a')\nself.g = g", "handed-on"),
        ("@handle\ndef g():\n    return client.get('a')", "handed-on"),
        ("return lambda: client.get('a')", "handed-on"),
        ("def g():\n    return client.get('a')\nreturn g()", "local"),
        ("def g():\n    return keys\nreturn g", "local"),
    ],
)
def test_a_closure_that_leaves_the_function_takes_it_along(nested: str, lifetime: str) -> None:
    assert first(f"client = redis.Redis()\n{nested}").lifetime == lifetime


@pytest.mark.parametrize(
    ("body", "uses", "in_loop"),
    [
        ("client = MongoClient()\nclient.shop.orders.find_one({})", 1, False),
        ("orders = MongoClient()['shop']['orders']\norders.find_one({})\norders.find_one({})", 2, False),
        ("client = redis.Redis()\nfor key in keys:\n    client.get(key)", 1, True),
        ("channel = redis.Redis().pubsub()\nfor message in channel.listen():\n    handle(message)", 1, True),
        ("channel = redis.Redis().pubsub()\nwhile True:\n    handle(channel.get_message())", 1, True),
        ("channel = redis.Redis().pubsub()\nhandle(channel.get_message())", 1, False),
        ("pool = redis.ConnectionPool()\nclient = redis.Redis(connection_pool=pool)\nclient.get('a')", 1, False),
    ],
)
def test_uses_are_counted_on_its_parts_as_well(body: str, uses: int, in_loop: bool) -> None:
    fact = first(body)
    assert (fact.uses, fact.uses_in_loop) == (uses, in_loop)


@pytest.mark.parametrize(
    ("body", "repeats", "by_turn"),
    [
        ("for key in keys:\n    client = redis.Redis()\n    client.get(key)", True, False),
        ("for key in keys:\n    client = redis.Redis(host=key)\n    client.get('a')", True, True),
        ("for key in keys:\n    client = redis.Redis()\n    client.auth = key", True, True),
        ("for key in keys:\n    client = redis.Redis()\n    client.headers.update({'a': key})", True, True),
        ("for key in keys:\n    client = redis.Redis()\n    client.auth = 'key'", True, False),
        ("client = None\nfor key in keys:\n    if client is None:\n        client = redis.Redis()", False, False),
        ("client = None\nfor key in keys:\n    if not client:\n        client = redis.Redis()", False, False),
        ("client = None\nfor key in keys:\n    if key is None:\n        client = redis.Redis()", True, False),
        ("for key in keys:\n    client = redis.Redis()\n    if client.ping():\n        break", True, False),
        ("for key in keys:\n    client = redis.Redis()\n    break", False, False),
    ],
)
def test_a_loop_makes_it_anew_unless_its_turns_find_it(body: str, repeats: bool, by_turn: bool) -> None:
    fact = first(body)
    assert (fact.loop is not None, fact.by_turn) == (repeats, by_turn)


def test_methods_make_clients_too() -> None:
    facts = facts_of(f"{IMPORTS}\nboto3.Session().client('s3')\nSentinel([]).master_for('shop')\n")
    assert [(fact.text, fact.kind) for fact in facts.constructs] == [
        ("boto3.Session().client(...)", "client"),
        ("Sentinel(...).master_for(...)", "client"),
        ("Sentinel(...)", "client"),
    ]


def test_what_settings_describe_may_stand_in_the_project() -> None:
    pool: dict[str, object] = {
        "roots": ["shop"],
        "type": [{"name": "pool", "kind": "pool"}],
        "constructor": [
            {"names": ["shop.db.Pool", "shop.db.Pool.open", "shop.open_pool"], "makes": "pool", "kind": "pool"}
        ],
    }
    shop = "class Pool:\n    @classmethod\n    def open(cls): ...\ndef open_pool(): ...\ndef other(): ...\n"
    text = """\
        import shop
        from shop import db
        from shop.db import Pool, other

        def f():
            Pool(), Pool.open(), db.Pool(), shop.open_pool(), other()
        """
    files = {"shop____init__": "from shop.db import open_pool\n", "shop__db": shop}
    facts = facts_of(text, pool, **files)
    assert [fact.text for fact in facts.constructs] == ["Pool()", "Pool.open()", "db.Pool()", "shop.open_pool()"]
    assert facts_of(text, **files).constructs == ()
