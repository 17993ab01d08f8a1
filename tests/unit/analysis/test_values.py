"""Options as they reach a call: what `**` of dicts, merges, helpers and settings of other files brings."""

from __future__ import annotations

import textwrap

import pytest

from poollint.analysis.linker import Linker
from poollint.analysis.linking import Scope
from poollint.analysis.lowering import lower
from poollint.analysis.project import Project
from poollint.analysis.sites import calls
from poollint.analysis.values import Arguments, ValueReader, dialect_of
from poollint.catalogue.catalogue import Catalogue
from poollint.model import form
from poollint.model.value import Known, OneOf, Reason, Unknown
from poollint.syntax.source import Source


def reader_of(**files: str) -> ValueReader:
    texts = {f"{name}.py": textwrap.dedent(text) for name, text in files.items()}

    def load(path: str) -> form.FileForm:
        return lower(Source(path, texts[path].encode()).tree, path).form

    catalogue = Catalogue((), ())
    project = Project(frozenset(texts), load, catalogue)
    return ValueReader(Linker(project, frozenset(texts)))


def arguments_of(reader: ValueReader, path: str = "main.py", called: str = "make") -> Arguments:
    """The arguments of the one call of `called` in a file."""
    file = reader.linker.project.file(path)
    assert file is not None
    for function in file.form.functions.values():
        for call in calls(function):
            if isinstance(call.func, form.Name) and call.func.id == called:
                return reader.arguments(call, Scope(path, function.qualified))
    raise AssertionError(f"no call of {called}")


def given(reader: ValueReader, keyword: str) -> object:
    value = reader.values(arguments_of(reader).given(keyword, None))
    return value.value if isinstance(value, Known) else value


@pytest.mark.parametrize(
    "text",
    [
        "make(size=5)",
        "make(**{'size': 5})",
        "OPTIONS = {'size': 5}\nmake(**OPTIONS)",
        "OPTIONS = dict(size=5)\nmake(**OPTIONS)",
        "OPTIONS = {'size': 5}\nmake(**{**OPTIONS, 'echo': True})",
        "OPTIONS = {'size': 5}\nmake(**(OPTIONS | {'echo': True}))",
        "OPTIONS = {'size': 5}\nmake(**OPTIONS.copy())",
        "options = {}\noptions['size'] = 5\nmake(**options)",
        "options = {}\noptions.setdefault('size', 5)\nmake(**options)",
        "options = {}\noptions.update(size=5)\nmake(**options)",
        "options = {}\noptions.update({'size': 5})\nmake(**options)",
        "def options():\n    return {'size': 5}\nmake(**options())",
        "SIZE = 2 + 3\nmake(size=SIZE)",
        "KEY = 'size'\nmake(**{KEY: 5})",
    ],
)
def test_an_option_is_seen_however_it_is_written(text: str) -> None:
    reader = reader_of(main=text)
    assert given(reader, "size") == 5
    assert arguments_of(reader).keywords.open_for is None


def test_a_dict_of_another_file_is_followed() -> None:
    reader = reader_of(settings="OPTIONS = {'size': 5}", main="import settings\nmake(**settings.OPTIONS)")
    assert given(reader, "size") == 5


def test_an_imported_name_is_followed() -> None:
    reader = reader_of(settings="OPTIONS = {'size': 5}", main="from settings import OPTIONS as known\nmake(**known)")
    assert given(reader, "size") == 5


def test_an_attribute_set_in_the_constructor_is_followed() -> None:
    reader = reader_of(
        main="""
        class Store:
            def __init__(self):
                self.options = {"size": 5}

            def engine(self):
                return make(**self.options)
        """
    )
    assert given(reader, "size") == 5


def test_keywords_of_the_caller_are_unknown() -> None:
    reader = reader_of(main="def engine(**kwargs):\n    return make('url', **kwargs)")
    assert arguments_of(reader).keywords.open_for is Reason.DYNAMIC


def test_a_branch_gives_one_of_two_values() -> None:
    reader = reader_of(main="import os\nmake(size=5 if os.name else 10)")
    found = reader.values(arguments_of(reader).given("size", None))
    assert found == OneOf((5, 10))


def test_a_name_bound_twice_is_unknown() -> None:
    reader = reader_of(main="def f(flag):\n    size = 5\n    if flag:\n        size = 9\n    make(size=size)")
    assert isinstance(reader.values(arguments_of(reader).given("size", None)), Unknown)


def test_positions_end_at_a_starred_argument() -> None:
    reader = reader_of(main="make(1, 2, *rest, 3)")
    found = arguments_of(reader)
    assert [reader.value(p.expression, p.scope) for p in found.positions] == [Known(1), Known(2)]
    assert found.keywords.open_for is Reason.DYNAMIC


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("make('mysql+pymysql://db')", "mysql+pymysql://db"),
        ("import os\nmake(f'mysql://{os.name}@db')", "mysql://"),
        ("import os\nmake('mysql://' + os.name)", "mysql://"),
        ("import os\nmake('mysql://%s' % os.name)", "mysql://%s"),
        ("import os\nmake('mysql://{}'.format(os.name))", "mysql://"),
        ("import os\nURL = f'mysql://{os.name}'\nmake(URL)", "mysql://"),
        ("import os\nDRIVER = 'mysql'\nmake(f'{DRIVER}+{os.name}://')", "mysql+"),
        ("import os\nmake(os.environ['URL'])", None),
    ],
)
def test_the_literal_beginning_of_a_url(text: str, expected: str | None) -> None:
    reader = reader_of(main=text)
    url = arguments_of(reader).positions[0]
    assert reader.prefix(url.expression, url.scope) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql+psycopg://db/shop", "postgresql"),
        ("sqlite:///x", "sqlite"),
        ("sqlite://", "sqlite"),
        ("MySQL://db", "mysql"),
        ("not a url", None),
        (None, None),
    ],
)
def test_the_dialect_is_the_schemes_first_part(url: str | None, expected: str | None) -> None:
    assert dialect_of(url) == expected
