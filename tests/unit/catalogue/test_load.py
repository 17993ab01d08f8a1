"""A catalogue file that says anything unknown is refused, by file, table and key."""

from __future__ import annotations

import pytest

from poollint.catalogue.load import CatalogueError, load_framework, load_library, user_library
from poollint.model.library import Release
from poollint.model.option import DefaultValue

HEAD = """
roots = ["shop"]
name = "shop"
title = "Shop"
distributions = ["shop"]
verified = "1.0"
docs = ""
"""
TYPES = """
[[type]]
name = "pool"
kind = "pool"

[[type]]
name = "connection"
kind = "connection"
"""
POOL = """
[[constructor]]
names = ["{}.Pool"]
makes = "pool"
kind = "pool"
"""
FRAMEWORK = """
roots = ["web"]
name = "web"
title = "Web"
docs = ""
"""


def refusal(text: str) -> str:
    with pytest.raises(CatalogueError) as caught:
        load_library(text, "shop.toml")
    return str(caught.value)


@pytest.mark.parametrize(
    "text, message",
    [
        (
            TYPES + '[[acquire]]\nreturns = "connection"\nrelese = []',
            'shop.toml: acquire[0].relese: unknown key (did you mean "release"?)',
        ),
        ('[[aquire]]\nreturns = "connection"', 'shop.toml: aquire: unknown key (did you mean "acquire"?)'),
        (
            '[[type]]\nname = "pool"\nkind = "pol"',
            'shop.toml: type[0].kind: "pol" is not a word for it (did you mean "pool"?)',
        ),
        (
            TYPES + '[[acquire]]\nreturns = "connection"\nrelease = [{ method = "put", on = "poll" }]',
            'shop.toml: acquire[0].release[0].on: "poll" is not a word for it (did you mean "pool"?)',
        ),
        (
            TYPES + '[[acquire]]\nreturns = "conection"',
            'shop.toml: acquire[0].returns: "conection" is no type of this file (did you mean "connection"?)',
        ),
        (
            TYPES + '[[blocking]]\non = ["pol"]\nmethods = ["get"]',
            'shop.toml: blocking[0].on: "pol" is no type of this file (did you mean "pool"?)',
        ),
        (
            TYPES + POOL.format("shop") + 'changes_kind = { pool = "lent" }',
            'shop.toml: constructor[0].changes_kind.pool: "lent" is not a word for it '
            "(known: acquire, borrowed, other)",
        ),
        (
            TYPES + POOL.format("store"),
            "shop.toml: constructor[0].names: `store.Pool` is under none of the roots shop",
        ),
        (TYPES + 'sync = "no"', "shop.toml: type[1].sync: expected true or false, not 'no'"),
        ('[[type]]\nname = "pool"', "shop.toml: type[0]: `kind` is missing"),
        (TYPES + TYPES, "shop.toml: type[2].name: `pool` is already a type of this file"),
        (
            '[[option]]\nrole = "size"\nkeyword = "n"\nposition = 1.5',
            "shop.toml: option[0].position: expected a whole number, not 1.5",
        ),
        (
            '[[option]]\nrole = "size"\nkeyword = "n"\nposition = true',
            "shop.toml: option[0].position: expected a whole number, not True",
        ),
        (
            '[[option]]\nrole = "size"\nkeyword = "n"\noff = 0',
            "shop.toml: option[0].off: expected a list, not 0",
        ),
        (
            '[[option]]\nrole = "size"\nkeyword = "n"\ndefault = [{ value = 1, from = "2" }]',
            "shop.toml: option[0].default[0].from: unknown key (known: value, since, until, unset)",
        ),
    ],
)
def test_what_is_unknown_is_refused(text: str, message: str) -> None:
    assert refusal(HEAD + text) == message


def test_a_text_that_is_no_toml_is_told_with_its_file() -> None:
    assert refusal("roots = [").startswith("shop.toml: ")


def test_a_root_is_the_first_word_of_an_import() -> None:
    message = refusal(HEAD.replace('["shop"]', '["shop.db"]', 1))
    assert message == "shop.toml: roots: 'shop.db' is not the first part of an import"


def test_a_file_without_roots_is_refused() -> None:
    assert refusal(HEAD.replace('["shop"]', "[]", 1)) == "shop.toml: roots: expected at least one import root"


def test_a_framework_is_read_by_the_same_rules() -> None:
    with pytest.raises(CatalogueError) as caught:
        load_framework(FRAMEWORK + '[[entry]]\nruns = "requests"\nwhat = "a view"', "web.toml")
    assert str(caught.value) == 'web.toml: entry[0].runs: "requests" is not a word for it (did you mean "request"?)'


def test_tables_reach_the_fields_of_the_model() -> None:
    text = (
        HEAD
        + TYPES
        + """
    [[acquire]]
    on = ["pool"]
    methods = ["take"]
    returns = "connection"
    release = [{ method = "give", on = "pool", awaited = "must" }, { method = "close" }]
    needs_keywords = { stream = true }
    """
    )
    acquire = load_library(text, "shop.toml").acquires[0]
    assert acquire.release == (Release("give", "pool", "must"), Release("close"))
    assert acquire.needs_keywords == {"stream": True}
    assert acquire.exhausted == "waits-forever"


def test_the_text_none_is_none_where_a_literal_stands() -> None:
    text = HEAD + '[[option]]\nrole = "idle"\nkeyword = "n"\noff = ["None", 0]\ndefault = "None"'
    option = load_library(text, "shop.toml").options[0]
    assert option.off == (None, 0)
    assert option.default == (DefaultValue(None),)


def test_defaults_may_go_by_version() -> None:
    text = HEAD + '[[option]]\nrole = "size"\nkeyword = "n"\ndefault = [{ value = 5, until = "2" }, { since = "2" }]'
    option = load_library(text, "shop.toml").options[0]
    assert option.default == (DefaultValue(5, until="2"), DefaultValue(None, since="2"))


def test_a_type_of_another_library_is_taken_as_it_is() -> None:
    text = HEAD + '[[type]]\nname = "pool"\nkind = "pool"\nbases = ["psycopg2:pool"]'
    assert load_library(text, "shop.toml").types[0].bases == ("psycopg2:pool",)


def test_a_user_needs_only_roots() -> None:
    library = user_library({"roots": ["inhouse"]}, "pyproject.toml: tool.poollint.library[0]")
    assert (library.name, library.title, library.roots) == ("inhouse", "inhouse", ("inhouse",))


def test_a_users_slip_is_told_with_its_place() -> None:
    with pytest.raises(CatalogueError) as caught:
        user_library({"roots": ["inhouse"], "type": [{"nam": "pool"}]}, "pyproject.toml: tool.poollint.library[0]")
    expected = 'pyproject.toml: tool.poollint.library[0]: type[0].nam: unknown key (did you mean "name"?)'
    assert str(caught.value) == expected


def test_a_user_without_roots_is_told_so() -> None:
    with pytest.raises(CatalogueError, match="`roots` is missing"):
        user_library({"name": "inhouse"}, "pyproject.toml")
