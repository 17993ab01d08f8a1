"""Files of frameworks agree with themselves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from poollint.catalogue.catalogue import load_catalogue
from poollint.model.framework import Entry, Framework

FRAMEWORKS = load_catalogue().frameworks
ANY_RECEIVER = "*"
of_each = pytest.mark.parametrize("framework", FRAMEWORKS, ids=lambda framework: framework.name)


def names_of(framework: Framework) -> Iterator[str]:
    """Every dotted name that a file says, patterns left out."""
    for kind in framework.types:
        yield from (*kind.names, *kind.calls)
    for entry in framework.entries:
        yield from (*entry.decorator_names, *entry.call_names, *(b for b in entry.bases if "*" not in b))
    for cached in framework.cached:
        yield from cached.decorators
    plain = (framework.dependencies, framework.hand_offs, framework.thread_decorators, framework.request_types)
    for table in (*plain, framework.wrappers):
        for said in table:
            yield from said.names
    for named in (*framework.holders, *framework.deadlines):
        yield from named.names


def ways(entry: Entry) -> tuple[object, ...]:
    """All by which a function can be found to be an entry."""
    return (
        *entry.decorators, *entry.decorator_names, *entry.bases, *entry.registers, *entry.call_names,
        *entry.keywords, *entry.parameters, *entry.function_names,
    )  # fmt: skip


@of_each
def test_types_that_are_referred_to_are_there(framework: Framework) -> None:
    known = {kind.name for kind in framework.types}
    referred = {on for entry in framework.entries for on in entry.on} - {ANY_RECEIVER}
    referred |= {on for holder in framework.holders for on in holder.on}
    referred |= {other for kind in framework.types for other in kind.attributes.values()}
    assert referred - known == set()


@of_each
def test_every_entry_can_be_met(framework: Framework) -> None:
    assert [entry for entry in framework.entries if not ways(entry)] == []


@of_each
def test_an_entry_has_objects_exactly_when_it_speaks_of_them(framework: Framework) -> None:
    for entry in framework.entries:
        needs = bool(entry.decorators or entry.registers or (entry.keywords and not entry.class_names))
        assert bool(entry.on) == needs, entry
        assert bool(entry.bases) <= bool(entry.methods), entry


@of_each
def test_a_plain_decorator_is_told_by_decorators_only(framework: Framework) -> None:
    for entry in framework.entries:
        if entry.runs == "called":
            assert set(ways(entry)) == {*entry.decorators, *entry.decorator_names}


@of_each
def test_names_of_other_versions_are_used(framework: Framework) -> None:
    assert set(framework.other_versions) - set(names_of(framework)) == set()


def test_a_decorator_means_one_thing() -> None:
    """The same name is not both a handler and a once-place."""
    told: dict[str, set[str]] = {}
    for framework in FRAMEWORKS:
        for entry in framework.entries:
            for name in entry.decorator_names:
                told.setdefault(name, set()).add(entry.runs)
    assert {name: runs for name, runs in told.items() if len(runs) > 1} == {}
