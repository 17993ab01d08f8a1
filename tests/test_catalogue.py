"""The catalogue says what the installed libraries are: every name, method and default is looked up in them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from poollint.catalogue import load
from poollint.catalogue.catalogue import Catalogue, load_catalogue
from poollint.model.framework import Framework
from poollint.model.library import POOL_OWNING, Constructor, Library
from poollint.model.option import Option
from tests.catalogue_lists import BY_PLACE, ELSEWHERE, NOT_HERE, PROXIES, UNSEEN_METHODS, UNSIGNED
from tests.catalogue_support import (
    Unresolved,
    applies,
    configure_django,
    installed_version,
    is_installed,
    parameters,
    resolve,
    takes_keywords,
    value_of,
)

configure_django()
CATALOGUE: Catalogue = load_catalogue()
LIBRARIES = {library.name: library for library in CATALOGUE.libraries}
FRAMEWORKS = {framework.name: framework for framework in CATALOGUE.frameworks}


@pytest.fixture(params=sorted(LIBRARIES))
def library(request: pytest.FixtureRequest) -> Library:
    found = LIBRARIES[request.param]
    if not is_installed(found):
        assert found.not_installable, f"{found.name} is not installed, and its file has no `not_installable`"
        pytest.skip(found.not_installable)
    return found


@pytest.fixture(params=sorted(FRAMEWORKS))
def framework(request: pytest.FixtureRequest) -> Framework:
    found = FRAMEWORKS[request.param]
    if found.not_installable:
        pytest.skip(found.not_installable)
    return found


# --- files ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name, text", [*load.files("libraries"), *load.files("frameworks")])
def test_roots_are_the_first_key(name: str, text: str) -> None:
    first = next(line for line in text.splitlines() if line.strip() and not line.startswith("#"))
    assert re.match(r"roots = \[", first), name


@pytest.mark.parametrize("folder", ["libraries", "frameworks"])
def test_a_file_is_named_for_its_entry(folder: str) -> None:
    known = LIBRARIES if folder == "libraries" else FRAMEWORKS
    assert {Path(name).stem for name, _ in load.files(folder)} == set(known)


def test_no_root_is_in_two_files() -> None:
    roots = [root for found in LIBRARIES.values() for root in found.roots]
    assert sorted(roots) == sorted(set(roots))


def test_not_installable_ones_are_few_and_named() -> None:
    assert {name for name, found in LIBRARIES.items() if found.not_installable} == {"mariadb", "mysqlclient"}
    assert {name for name, found in FRAMEWORKS.items() if found.not_installable} == {
        "borrowers", "plain-decorators",
    }  # fmt: skip


# --- names ---------------------------------------------------------------------------------------


def dotted_names(library: Library) -> Iterator[str]:
    for table in (library.types, library.constructors, library.acquires, library.blocking, library.unbounded):
        for entry in table:
            yield from entry.names
    for kind in library.types:
        yield from kind.instances
    for constructor in library.constructors:
        for values in constructor.off_network.values():
            yield from values
        for made in constructor.makes_when.values():
            yield from made
    for re_export in library.re_exports:
        yield re_export.name
        yield re_export.target
    for freshness in library.freshness:
        for values in freshness.exempt_values.values():
            yield from values
    for misfit in library.misfits:
        for listed in (misfit.values, *misfit.beside.values()):
            yield from (str(value) for value in listed if str(value).startswith(f"{library.roots[0]}."))


def types_named(library: Library) -> Iterator[str]:
    for kind in library.types:
        yield from (*kind.bases, *kind.attributes.values())
    methods = (library.acquires, library.derives, library.blocking, library.implicit, library.unbounded)
    for table in (*methods, library.factories):
        for entry in table:
            yield from entry.on
    yield from (acquire.returns for acquire in library.acquires)
    yield from (derive.returns for derive in library.derives if derive.returns)
    yield from (factory.makes for factory in library.factories)
    for constructor in library.constructors:
        yield constructor.makes
        for made in constructor.makes_when.values():
            yield from made.values()


@pytest.mark.parametrize("name", sorted(LIBRARIES))
def test_every_type_is_declared_somewhere(name: str) -> None:
    library = LIBRARIES[name]
    ids = {CATALOGUE.joined(library, kind) for kind in types_named(library)}
    assert [type_id for type_id in sorted(ids) if not CATALOGUE.type(type_id).name] == []


@pytest.mark.parametrize("name", sorted(FRAMEWORKS))
def test_every_application_type_is_declared_somewhere(name: str) -> None:
    known = {f"{f.name}:{kind.name}" for f in FRAMEWORKS.values() for kind in f.types}
    framework = FRAMEWORKS[name]
    named = [on for entry in (*framework.entries, *framework.holders) for on in entry.on]
    named += [other for kind in framework.types for other in kind.attributes.values()]
    ids = {other if ":" in other else f"{name}:{other}" for other in named if other != "*"}
    assert sorted(ids - known) == []


def test_every_name_resolves(library: Library) -> None:
    missing: list[str] = []
    for name in sorted({*dotted_names(library)} - {*library.unresolved}):
        try:
            resolve(name)
        except Unresolved as error:
            missing.append(str(error))
    assert missing == []


def test_names_said_not_to_resolve_do_not(library: Library) -> None:
    for name in library.unresolved:
        with pytest.raises(Unresolved):
            resolve(name)


def test_settings_are_of_known_constructors(library: Library) -> None:
    named = [n for o in library.options for n in o.constructors]
    named += [n for f in library.freshness for n in f.constructors]
    named += [n for m in library.misfits for n in m.constructors]
    assert [name for name in named if CATALOGUE.constructor(name) is None] == []


def test_every_name_of_a_framework_resolves(framework: Framework) -> None:
    missing: list[str] = []
    for name in sorted({*framework_names(framework)}):
        try:
            resolve(name)
        except Unresolved as error:
            missing.append(str(error))
    assert missing == []


def framework_names(framework: Framework) -> Iterator[str]:
    for name in _framework_names(framework):
        if "." in name and not is_not_here(name):
            yield name


def is_not_here(name: str) -> bool:
    return any(f"{name}.".startswith(f"{head}.") for head in NOT_HERE)


def _framework_names(framework: Framework) -> Iterator[str]:
    for kind in framework.types:
        yield from (*kind.names, *kind.calls)
    for entry in framework.entries:
        yield from (*entry.decorator_names, *entry.bases, *entry.call_names)
    for names in (framework.dependencies, framework.request_types, framework.thread_decorators):
        for said in names:
            yield from said.names
    for cached in framework.cached:
        yield from cached.decorators
    for hand_off in framework.hand_offs:
        yield from hand_off.names
    for wrapper in framework.wrappers:
        yield from wrapper.names
    for deadline in framework.deadlines:
        yield from deadline.names


# --- methods -------------------------------------------------------------------------------------


def classes_of(type_id: str) -> list[type]:
    """The installed classes whose instances are of a type."""
    names = [name for name, made in CATALOGUE.classes().items() if made == type_id]
    found: list[type] = []
    for name in names:
        try:
            resolved = resolve(name)
        except Unresolved:
            continue
        if isinstance(resolved, type):
            found.append(resolved)
    return found


def unseen(library: Library, on: tuple[str, ...], methods: tuple[str, ...]) -> list[str]:
    """The methods that no class of the types has; [] where a type has no class to ask."""
    type_ids = [CATALOGUE.joined(library, kind) for kind in on]
    classes = [classes_of(type_id) for type_id in type_ids]
    if not all(classes) or {*type_ids} & PROXIES:
        return []
    known = [m for m in methods if (library.name, m) not in UNSEEN_METHODS]
    return [m for m in known if not any(hasattr(cls, m) for found in classes for cls in found)]


def test_every_method_exists(library: Library) -> None:
    missing: list[tuple[str, str]] = []
    methods = (library.acquires, library.derives, library.blocking, library.implicit, library.unbounded)
    for table in (*methods, library.factories):
        for entry in table:
            missing += [(", ".join(entry.on), m) for m in unseen(library, entry.on, entry.methods)]
    assert missing == []


def test_every_release_exists(library: Library) -> None:
    missing: list[tuple[str, str]] = []
    for acquire in library.acquires:
        for release in acquire.release:
            on = (acquire.returns,) if release.on == "self" else acquire.on
            missing += [(", ".join(on), m) for m in unseen(library, on, (release.method,))]
        missing += [(acquire.returns, m) for m in unseen(library, (acquire.returns,), acquire.not_release)]
    for constructor in library.constructors:
        methods = (*constructor.close, *(r.method for r in constructor.release), *constructor.not_release)
        missing += [(constructor.makes, m) for m in unseen(library, (constructor.makes,), methods)]
    assert missing == []


# --- coroutines ----------------------------------------------------------------------------------


def functions_of(library: Library, on: str, method: str) -> list[object]:
    found = [getattr(cls, method, None) for cls in classes_of(CATALOGUE.joined(library, on))]
    return [function for function in found if inspect.isfunction(function)]


def test_what_blocks_is_no_coroutine(library: Library) -> None:
    wrong = [
        (on, method)
        for blocking in library.blocking
        for on in blocking.on
        for method in blocking.methods
        if any(inspect.iscoroutinefunction(f) for f in functions_of(library, on, method))
    ]
    assert wrong == []


def test_what_must_be_awaited_is_so_and_only_that(library: Library) -> None:
    wrong: list[tuple[str, str]] = []
    for acquire in library.acquires:
        for on in acquire.on:
            for method in acquire.methods:
                functions = functions_of(library, on, method)
                if functions and acquire.awaited == "no" and any(map(inspect.iscoroutinefunction, functions)):
                    wrong.append((on, method))
        for release in acquire.release:
            owners = (acquire.returns,) if release.on == "self" else acquire.on
            for on in owners:
                functions = functions_of(library, on, release.method)
                if functions and release.awaited == "no" and all(map(inspect.iscoroutinefunction, functions)):
                    wrong.append((on, release.method))
    assert wrong == []


# --- settings ------------------------------------------------------------------------------------


def constructors_of(library: Library, option: Option) -> Iterator[tuple[str, Constructor]]:
    """(one name of it, constructor) that an option is for and the installed version has."""
    for constructor in library.constructors:
        named = [n for n in constructor.names if CATALOGUE.canonical(n) == n and n not in library.unresolved]
        wanted = {CATALOGUE.canonical(name) for name in option.constructors}
        for name in named:
            if name in wanted or (not wanted and constructor.kind in POOL_OWNING):
                yield name, constructor


def expected_default(library: Library, option: Option) -> list[object]:
    version = installed_version(library)
    return [d.value for d in option.default if applies(d, version) and not d.unset]


def alike(one: object, other: object) -> bool:
    return one == other and (one is None) == (other is None) and isinstance(one, bool) == isinstance(other, bool)


def listed_for(table: dict[tuple[str, str], str], name: str, keyword: str) -> str | None:
    """The entry of the longest first words of a constructor's name."""
    words = name.split(".")
    for length in range(len(words), 0, -1):
        found = table.get((".".join(words[:length]), keyword))
        if found is not None:
            return found
    return None


def complaints(library: Library, option: Option, name: str) -> Iterator[str]:
    """What differs between an option and a constructor's signature."""
    said = f"{name}({option.keyword}=)"
    listed = parameters(name)
    position, shown = listed.get(option.keyword, (None, None))
    if shown is None and not takes_keywords(name):
        yield f"{said}: no such parameter"
        return
    if option.position is not None and option.position != position:
        yield f"{said}: position {position}, the catalogue says {option.position}"
    if option.position is None and position is not None and position < BY_PLACE:
        yield f"{said}: may be given at position {position}, which the catalogue does not say"
    elsewhere = option.defined_by or listed_for(ELSEWHERE, name, option.keyword)
    if elsewhere:
        yield from _differences(said, library, option, value_of(elsewhere))
    elif listed_for(UNSIGNED, name, option.keyword) is None:
        if shown is None:
            yield f"{said}: nothing says where its default is"
        else:
            yield from _differences(said, library, option, shown.default)


def _differences(said: str, library: Library, option: Option, default: object) -> Iterator[str]:
    if option.required or default is inspect.Parameter.empty:
        if option.required != (default is inspect.Parameter.empty):
            yield f"{said}: required is {option.required}, the default {default!r}"
        return
    expected = expected_default(library, option)
    is_unset = any(d.unset for d in option.default)
    if not is_unset and (len(expected) != 1 or not alike(expected[0], default)):
        yield f"{said}: default {default!r}, the catalogue says {expected!r}"


def test_every_setting_equals_its_signature(library: Library) -> None:
    wrong: list[str] = []
    for option in library.options:
        if option.on_call and not option.constructors:
            for acquire in library.acquires:
                for method in sorted({*acquire.methods} & {*option.on_call}):
                    for on in acquire.on:
                        wrong += _on_call(library, option, on, method)
            continue
        for name, _ in constructors_of(library, option):
            wrong += complaints(library, option, name)
    assert wrong == []


def _on_call(library: Library, option: Option, on: str, method: str) -> Iterator[str]:
    for function in functions_of(library, on, method):
        named = inspect.signature(function).parameters  # type: ignore[arg-type]
        if option.keyword not in named and not any(p.kind is p.VAR_KEYWORD for p in named.values()):
            yield f"{on}.{method}({option.keyword}=): no such parameter"


def test_no_written_list_is_stale() -> None:
    names = {
        (name, option.keyword)
        for library in LIBRARIES.values()
        for option in library.options
        for name, _ in constructors_of(library, option)
        if not option.defined_by
    }
    unused = [
        (head, keyword)
        for head, keyword in (*ELSEWHERE, *UNSIGNED)
        if not any(k == keyword and f"{n}.".startswith(f"{head}.") for n, k in names)
    ]
    assert unused == []
    named = {n for f in FRAMEWORKS.values() if not f.not_installable for n in _framework_names(f)}
    assert [head for head in NOT_HERE if not any(f"{name}.".startswith(f"{head}.") for name in named)] == []


def test_closes_that_must_be_awaited_are_coroutines(library: Library) -> None:
    wrong: list[tuple[str, str]] = []
    for constructor in library.constructors:
        for method in set(constructor.close) - set(constructor.close_at_once) if constructor.close_awaited else ():
            functions = [getattr(cls, method, None) for cls in classes_of(CATALOGUE.joined(library, constructor.makes))]
            known = [inspect.unwrap(function) for function in functions if callable(function)]
            if known and not any(inspect.iscoroutinefunction(function) for function in known):
                wrong.append((constructor.names[0], method))
    assert wrong == []
