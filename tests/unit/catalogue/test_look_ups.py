"""The look-ups over types, names and methods."""

from __future__ import annotations

import pytest

from poollint.catalogue.catalogue import Catalogue, load_catalogue
from poollint.catalogue.load import CatalogueError, load_framework, load_library, user_library

SHOP = """
roots = ["shop"]
name = "shop"
title = "Shop"
distributions = ["shop"]
verified = "1.0"
docs = ""

[[type]]
name = "pool"
kind = "pool"
names = ["shop.base.Pool"]
attributes = { engine = "engine", "*" = "connection" }

[[type]]
name = "big_pool"
kind = "pool"
bases = ["pool"]

[[type]]
name = "engine"
kind = "engine"

[[type]]
name = "connection"
kind = "connection"

[[type]]
name = "cursor"
kind = "cursor"

[[type]]
name = "factory"
kind = "factory"

[[constructor]]
names = ["shop.Pool", "shop.pools.Pool", "shop.Pool.from_url", "shop.pools.Pool.from_url", "shop.Other"]
makes = "pool"
kind = "pool"
makes_when = { class_ = { "shop.BigPool" = "big_pool" } }

[[constructor]]
names = ["shop.BigPool", "shop.pools.BigPool"]
makes = "big_pool"
kind = "pool"

[[constructor]]
names = ["shop.connect"]
makes = "connection"
kind = "connection"

[[acquire]]
on = ["pool"]
methods = ["take"]
names = ["shop.take"]
returns = "connection"
unique_method = true

[[derive]]
on = ["connection"]
methods = ["cursor"]
returns = "cursor"

[[derive]]
on = ["connection"]
methods = ["ping"]

[[blocking]]
on = ["pool"]
methods = ["take"]
names = ["shop.run_all"]
what = "a connection"

[[implicit]]
on = ["pool"]
methods = ["fetch"]

[[factory]]
on = ["factory"]
makes = "connection"

[[factory]]
on = ["factory"]
methods = ["pooled"]
makes = "pool"

[[option]]
role = "size"
keyword = "size"

[[option]]
role = "timeout"
keyword = "timeout"
constructors = ["shop.pools.BigPool"]

[[freshness]]
constructors = ["shop.BigPool"]
any_of = ["recycle"]
"""
STORE = """
roots = ["store"]
name = "store"
title = "Store"
distributions = ["store"]
verified = "1.0"
docs = ""

[[type]]
name = "pool"
kind = "pool"
bases = ["shop:big_pool"]

[[constructor]]
names = ["store.Pool"]
makes = "pool"
kind = "pool"

[[derive]]
on = ["pool"]
methods = ["borrowed"]
returns = "shop:connection"

[[re_export]]
name = "store.connect"
target = "shop.connect"

[[re_export]]
name = "store.BigPool"
target = "shop.pools.BigPool"
"""
WEB = """
roots = ["web"]
name = "web"
title = "Web"
docs = ""

[[type]]
name = "app"
names = ["web.App"]
calls = ["web.make_app"]
attributes = { router = "router" }

[[type]]
name = "router"

[[type]]
name = "request"

[[entry]]
runs = "request"
what = "a view"
on = ["app"]
decorators = ["get"]

[[dependency]]
names = ["web.Depends"]

[[cached]]
decorators = ["web.cached"]

[[hand_off]]
names = ["web.in_thread"]
methods = ["run_in_thread"]
argument = 1

[[thread_decorator]]
names = ["web.threaded"]

[[request_type]]
names = ["web.Request"]

[[holder]]
on = ["app"]
path = "state"

[[holder]]
on = ["request"]
path = "local"
per_request = true

[[holder]]
on = []
path = ""
names = ["web.g"]
per_request = true
"""


@pytest.fixture(scope="module")
def known() -> Catalogue:
    libraries = (load_library(SHOP, "shop.toml"), load_library(STORE, "store.toml"))
    return Catalogue(libraries, (load_framework(WEB, "web.toml"),))


# --- names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name, canonical",
    [
        ("shop.Pool", "shop.Pool"),
        ("shop.pools.Pool", "shop.Pool"),
        ("shop.pools.Pool.from_url", "shop.Pool.from_url"),
        ("shop.Other", "shop.Other"),
        ("store.connect", "shop.connect"),
        ("store.BigPool", "shop.BigPool"),
        ("elsewhere.Pool", "elsewhere.Pool"),
    ],
)
def test_one_object_has_one_name(known: Catalogue, name: str, canonical: str) -> None:
    assert known.canonical(name) == canonical


def test_a_re_export_is_the_constructor_itself(known: Catalogue) -> None:
    found = known.constructor("store.connect")
    assert found is not None
    assert found == known.constructor("shop.connect")
    assert (found[0].name, found[1].makes) == ("shop", "connection")


def test_what_nobody_lists_is_unknown(known: Catalogue) -> None:
    assert known.constructor("shop.connec") is None
    assert known.acquire_function("shop.Pool") is None
    assert known.blocking_function("shop.take") is None
    assert known.type_of_class("shop.connect") is None


def test_a_class_gives_the_type_of_its_instances(known: Catalogue) -> None:
    assert known.type_of_class("shop.base.Pool") == "shop:pool"
    assert known.type_of_class("shop.BigPool") == "shop:big_pool"
    assert known.type_of_class("store.BigPool") == "shop:big_pool"


def test_functions_acquire_and_wait(known: Catalogue) -> None:
    acquired, waits = known.acquire_function("shop.take"), known.blocking_function("shop.run_all")
    assert acquired is not None and acquired[1].returns == "connection"
    assert waits is not None and waits[1].what == "a connection"


def test_settings_are_for_what_owns_a_pool_unless_said(known: Catalogue) -> None:
    assert [o.keyword for o in known.options_of("shop.pools.Pool")] == ["size"]
    assert [o.keyword for o in known.options_of("store.BigPool")] == ["size", "timeout"]
    assert known.options_of("shop.connect") == ()


def test_freshness_goes_by_every_name(known: Catalogue) -> None:
    found = known.freshness_of("store.BigPool")
    assert found is not None and found[1].any_of == ("recycle",)
    assert known.freshness_of("shop.Pool") is None


def test_a_keyword_may_change_what_is_made(known: Catalogue) -> None:
    made = known.constructor("shop.Pool")
    assert made is not None
    assert known.made_type(*made, {}) == "shop:pool"
    assert known.made_type(*made, {"class_": "store.BigPool"}) == "shop:big_pool"
    assert known.made_type(*made, {"class_": "shop.Other"}) == "shop:pool"


# --- types ---------------------------------------------------------------------------------------


def test_methods_come_from_bases_of_other_libraries_too(known: Catalogue) -> None:
    acquired = known.acquire("store:pool", "take")
    assert acquired is not None
    assert (acquired[0].name, acquired[1].returns) == ("shop", "connection")
    assert known.acquire("shop:connection", "take") is None
    assert known.implicit("store:pool", "fetch") is not None
    assert known.blocking("shop:big_pool", "take") is not None


def test_attributes_come_from_bases(known: Catalogue) -> None:
    assert known.attribute_type("store:pool", "engine") == "shop:engine"
    assert known.attribute_type("store:pool", "*") == "shop:connection"
    assert known.attribute_type("store:pool", "other") is None


def test_what_entries_speak_of_is_a_method(known: Catalogue) -> None:
    assert all(known.is_method("store:pool", name) for name in ("take", "fetch"))
    assert all(known.is_method("shop:connection", name) for name in ("cursor", "ping"))
    assert known.is_method("shop:factory", "pooled")
    assert not any(known.is_method("store:pool", name) for name in ("engine", "cursor", "run_all", ""))


def test_names_that_users_describe_are_declared(known: Catalogue) -> None:
    table = {"roots": ["inhouse"], "constructor": [{"names": ["inhouse.make"], "makes": "pool", "kind": "pool"}]}
    described = {**table, "type": [{"name": "pool", "kind": "pool", "names": ["inhouse.Pool"]}]}
    assert load_catalogue((user_library(described, "settings"),)).declared == {"inhouse.make", "inhouse.Pool"}
    assert known.declared == frozenset()


def test_what_is_derived_is_told_by_its_full_type(known: Catalogue) -> None:
    cursor, ping, borrowed = (
        known.derive("shop:connection", "cursor"),
        known.derive("shop:connection", "ping"),
        known.derive("store:pool", "borrowed"),
    )
    assert cursor is not None and cursor.returns == "shop:cursor"
    assert ping is not None and ping.returns == ""
    assert borrowed is not None and borrowed.returns == "shop:connection"


def test_a_constructor_is_of_its_own_type_only(known: Catalogue) -> None:
    own = known.constructor_of_type("store:pool")
    assert own is not None and own[1].names == ("store.Pool",)
    assert known.constructor_of_type("shop:factory") is None


def test_factories_are_called_or_asked_by_method(known: Catalogue) -> None:
    assert known.factory_result("shop:factory", None) == "shop:connection"
    assert known.factory_result("shop:factory", "pooled") == "shop:pool"
    assert known.factory_result("shop:factory", "other") is None


def test_an_id_with_two_owners_is_the_inner_one(known: Catalogue) -> None:
    assert known.type("store:shop:engine").kind == "engine"
    assert known.type("nobody:pool").kind == "other"


def test_a_method_of_one_library_alone(known: Catalogue) -> None:
    found = known.unique_acquire("take")
    assert found is not None and found[0].name == "shop"
    assert known.unique_acquire("fetch") is None
    assert known.unique_methods == frozenset({"take"})


# --- frameworks ----------------------------------------------------------------------------------


def test_applications(known: Catalogue) -> None:
    assert known.app_type("web.App") == known.app_type("web.make_app") == "web:app"
    assert known.app_attribute("web:app", "router") == "web:router"
    assert known.app_attribute("web:app", "other") is None


def test_holders(known: Catalogue) -> None:
    assert known.holder_paths("web:app") == frozenset({"state"})
    assert known.holder_paths("web:router") == frozenset()
    held = known.holder("web.g")
    assert held is not None and held.per_request


def test_where_callables_run(known: Catalogue) -> None:
    by_name, by_method = known.hand_off("web.in_thread"), known.hand_off_method("run_in_thread")
    assert by_name is not None and by_name is by_method and by_name.argument == 1
    assert known.thread_decorator("web.threaded") and not known.thread_decorator("web.cached")
    assert known.request_type("web.Request") and not known.request_type("web.App")


def test_entries_dependencies_and_caches(known: Catalogue) -> None:
    assert [(framework.name, entry.what) for framework, entry in known.entries] == [("web", "a view")]
    assert known.dependency("web.Depends") is not None
    assert known.dependency("web.cached") is None
    assert known.cached("web.cached") is not None
    assert known.cached("web.Depends") is None


def test_roots(known: Catalogue) -> None:
    assert known.library_roots == frozenset({"shop", "store"})
    assert known.roots == frozenset({"shop", "store", "web"})


# --- building ------------------------------------------------------------------------------------


def test_a_users_wrapper_joins_the_bundled_ones() -> None:
    wrapper = user_library(
        {
            "roots": ["inhouse"],
            "type": [{"name": "pool", "kind": "pool", "bases": ["psycopg2:pool"]}],
            "constructor": [{"names": ["inhouse.db.make_pool"], "makes": "pool", "kind": "pool"}],
            "re_export": [{"name": "inhouse.db.engine", "target": "sqlalchemy.create_engine"}],
        },
        "pyproject.toml",
    )
    catalogue = load_catalogue((wrapper,))
    acquired = catalogue.acquire("inhouse:pool", "getconn")
    assert acquired is not None and acquired[0].name == "psycopg2"
    made = catalogue.constructor("inhouse.db.engine")
    assert made is not None and made[1].kind == "engine"


def test_a_name_in_use_is_refused() -> None:
    with pytest.raises(CatalogueError, match="library `psycopg2`: the name is in use"):
        load_catalogue((user_library({"roots": ["psycopg2"]}, "pyproject.toml"),))
