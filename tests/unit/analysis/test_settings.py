"""Settings as they reach a construction: by version, by the URL's query, by what is not seen."""

from __future__ import annotations

import pytest

from poollint.analysis.collect import Analysis
from poollint.analysis.linker import Linker
from poollint.analysis.linking import Scope
from poollint.analysis.lowering import lower
from poollint.analysis.project import Project
from poollint.analysis.settings import SettingReader, literal, surely_among
from poollint.analysis.sites import calls
from poollint.analysis.values import ValueReader
from poollint.catalogue.catalogue import load_catalogue
from poollint.model import form
from poollint.model.meaning import External
from poollint.model.value import Default, Known, OneOf, Reason, Unknown, Value
from poollint.model.versions import ANY, VersionRange, version_range
from poollint.syntax.source import Source

CATALOGUE = load_catalogue()


def project_of(text: str) -> Project:
    def load(path: str) -> form.FileForm:
        return lower(Source(path, text.encode()).tree, path).form

    return Project(frozenset({"main.py"}), load, CATALOGUE)


def settings_of(text: str, versions: VersionRange = ANY) -> dict[str, Value]:
    """The settings of the first construction of a module."""
    project = project_of(text)
    reader = ValueReader(Linker(project, frozenset({"main.py"})))
    settings = SettingReader(reader, lambda distributions: versions)
    file = project.file("main.py")
    assert file is not None
    scope = Scope("main.py", form.MODULE)
    for call in calls(file.form.functions[form.MODULE]):
        callee = reader.linker.meaning(call.func, scope)
        if isinstance(callee, External) and CATALOGUE.constructor(callee.name):
            return settings.all(callee.name, reader.arguments(call, scope))
    raise AssertionError("no construction")


@pytest.mark.parametrize(
    ("specifier", "expected"),
    [("<8", Default(None, "socket_timeout")), (">=8", Default(5, "socket_timeout")), ("==7.1", Default(None, ""))],
)
def test_a_default_is_that_of_the_required_version(specifier: str, expected: Default) -> None:
    found = settings_of("import redis\nredis.Redis('db')\n", version_range(specifier))["socket_timeout"]
    assert isinstance(found, Default) and found.value == expected.value


@pytest.mark.parametrize("specifier", ["", ">=5"])
def test_a_default_that_versions_disagree_on_is_unknown(specifier: str) -> None:
    found = settings_of("import redis\nredis.Redis('db')\n", version_range(specifier))["socket_timeout"]
    assert isinstance(found, Unknown)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("redis.from_url('redis://db/0?socket_timeout=5&max_connections=20')", 5),
        ("redis.from_url(f'redis://{HOST}/0?socket_timeout=5')", 5),
        ("redis.from_url(URL)", 7.5),
        ("redis.from_url('redis://db/0?db=1', **{'socket_timeout': 3})", 3),
    ],
)
def test_the_query_of_a_url_gives_settings(text: str, expected: float) -> None:
    head = "import os, redis\nHOST = os.environ['HOST']\nURL = 'redis://db?socket_timeout=7.5'\n"
    found = settings_of(head + text)["socket_timeout"]
    assert isinstance(found, Known) and found.value == expected


def test_a_url_that_says_nothing_leaves_the_default_and_one_out_of_sight_is_unknown() -> None:
    old = version_range("<8")
    said = settings_of("import redis\nredis.from_url(f'redis://{HOST}/0')\n", old)["socket_timeout"]
    assert isinstance(said, Default) and said.value is None
    unseen = settings_of("import os, redis\nredis.from_url(os.environ['URL'])\n", old)["socket_timeout"]
    assert isinstance(unseen, Unknown)


def test_what_both_the_url_and_the_call_say_is_unknown() -> None:
    text = "import redis\nredis.from_url('redis://db/0?socket_timeout=5', socket_timeout=3)\n"
    assert isinstance(settings_of(text)["socket_timeout"], Unknown)


def test_what_only_one_path_gives_is_unknown() -> None:
    head = "import redis, sys\noptions = {}\nif sys.argv:\n"
    text = f"{head}    options.update(socket_timeout=None)\nredis.Redis(**options)\n"
    assert isinstance(settings_of(text)["socket_timeout"], Unknown)


def test_words_of_a_query_are_read_as_literals() -> None:
    assert [literal(word) for word in ("5", "0.5", "True", "none", "x")] == [5, 0.5, True, None, "x"]


def test_sure_membership_needs_every_branch_and_tells_numbers_from_truth() -> None:
    assert surely_among(Known(0), [0]) and not surely_among(Known(False), [0])
    assert surely_among(OneOf((None, -1)), [None, -1]) and not surely_among(OneOf((None, 5)), [None])
    assert not surely_among(Unknown(Reason.PARAMETER), [None])


def test_the_constructions_of_a_file_are_told_with_the_project_s_versions() -> None:
    project = project_of("import redis\nclient = redis.Redis('db')\n")
    old = Analysis(project, frozenset({"main.py"}), CATALOGUE, lambda names: version_range("<8"))
    (fact,) = old.facts("main.py").constructs
    assert fact.given["max_connections"] == Default(2147483648, "max_connections")
