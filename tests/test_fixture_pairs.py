"""Each rule has a bad and a good fixture for each library that it applies to; what is not there yet is listed.

The list (`tests/fixture_pairs_missing.txt`, a line each: `cpl101 redis bad`) may only shrink: a pair that is written
must leave it, and a library that is new to a rule needs its fixtures.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import cache
from pathlib import Path

from poollint.analysis.sites import HELD_KINDS, as_acquire
from poollint.catalogue.catalogue import load_catalogue
from poollint.model.library import POOL_OWNING, Acquire, Library
from poollint.rules import all_rules
from tests.fixtures_support import FIXTURES, Fixture, fixtures, marks

MISSING = Path(__file__).with_name("fixture_pairs_missing.txt")


def _handed_out(library: Library, *kinds: str) -> list[Acquire]:
    """The acquires of resources of these kinds."""
    given = {kind.name for kind in library.types if kind.kind in kinds and not kind.endless}
    return [acquire for acquire in library.acquires if acquire.returns in given]


def _acquires(library: Library) -> bool:
    is_made = any(c.kind in ("session", "connection") for c in library.constructors)
    return is_made or bool(_handed_out(library, "session", "connection"))


def _sites(library: Library) -> list[Acquire]:
    """Acquires, and constructions that are some."""
    return [*library.acquires, *(as_acquire(c) for c in library.constructors if c.kind in HELD_KINDS)]


def _awaits_release(library: Library) -> bool:
    """Whether nothing releases its connections but what is awaited."""
    acquires = _handed_out(library, "connection")
    return any(a.release and all(r.awaited == "must" for r in a.release) for a in acquires)


def _ends(library: Library) -> bool:
    """Whether something of it is of no use after its release."""
    given = {kind.name for kind in library.types if kind.kind in ("connection", "response") and not kind.endless}
    return any(acquire.returns in given for acquire in _sites(library))


def _answers(library: Library) -> bool:
    """Whether it hands out responses that nobody has read yet."""
    return any(acquire.release for acquire in _handed_out(library, "response"))


def _pools(library: Library) -> bool:
    return any(c.kind in POOL_OWNING and set(c.names) - set(c.unpooled) for c in library.constructors)


def _pools_for_calls(library: Library) -> bool:
    return any(c.kind in POOL_OWNING and c.per_call == "fault" for c in library.constructors)


def _connects_per_request(library: Library) -> bool:
    return any(c.kind == "connection" and c.per_call == "fault" for c in library.constructors)


def _looks_like_release(library: Library) -> bool:
    wrong = ("transaction", "closes-and-leaks", "error")
    acquires = _handed_out(library, "session", "connection")
    ways = [way for a in acquires for way in (a.context, a.context_awaited, a.closing)]
    return any(way in wrong for way in ways) or any(a.not_release for a in acquires)


APPLIES: dict[str, Callable[[Library], bool]] = {
    "CPL101": _acquires,
    "CPL102": _acquires,
    "CPL103": lambda library: any(not acquire.sync for acquire in _handed_out(library, "connection")),
    "CPL104": _looks_like_release,
    "CPL105": _awaits_release,
    "CPL106": lambda library: any(a.double_release != "harmless" for a in _sites(library)),
    "CPL107": _ends,
    "CPL108": lambda library: bool(_handed_out(library, "connection")),
    "CPL109": _answers,
    "CPL110": lambda library: any(acquire.on for acquire in _handed_out(library, "connection")),
    "CPL111": lambda library: any(not acquire.sync for acquire in _handed_out(library, "connection")),
    "CPL201": _pools,
    "CPL202": _pools,
    "CPL203": _connects_per_request,
    "CPL204": _pools_for_calls,
    "CPL205": lambda library: any(c.kind in POOL_OWNING and c.must_close == "always" for c in library.constructors),
    "CPL206": lambda library: any(c.kind in POOL_OWNING and c.import_time != "allowed" for c in library.constructors),
    "CPL301": lambda library: bool(library.blocking),
    "CPL302": lambda library: bool(library.blocking),
    "CPL401": lambda library: any(option.role == "size" for option in library.options),
    "CPL402": lambda library: any(o.unlimited for o in library.options if o.role in ("size", "overflow")),
    "CPL404": lambda library: False,  # about projects: fixtures/projects/budget
    "CPL403": lambda library: any(option.closes_above for option in library.options),
    "CPL501": lambda library: any(not f.only_check for f in library.freshness),
    "CPL504": lambda library: bool(library.misfits),
    "CPL502": lambda library: any(f.check for f in library.freshness),
    "CPL503": lambda library: bool(library.unbounded),
    "CPL505": lambda library: any(f.recycle for f in library.freshness),
    "CPL602": lambda library: any(not c.thread_safe for c in library.constructors),
}


def needed() -> set[str]:
    """A line for each fixture that the catalogue asks for."""
    found: set[str] = set()
    for rule in all_rules():
        applies = APPLIES.get(rule.code)
        for library in load_catalogue().libraries:
            if applies is not None and applies(library):
                found |= {f"{rule.code.lower()} {library.name} {kind}" for kind in ("bad", "good")}
    return found


def written() -> set[str]:
    """A line for each rule and library that a fixture shows: a bad one must expect the rule's own code."""
    found: set[str] = set()
    for kind in ("bad", "good"):
        for fixture in fixtures(f"{kind}_"):
            if kind == "good" or fixture.rule in {code for _, code in marks(fixture.text).expected}:
                found |= {f"{fixture.rule.lower()} {name} {kind}" for name in _libraries(fixture)}
    return found


def _libraries(fixture: Fixture) -> set[str]:
    names = _names_of_roots()
    roots: set[str] = set()
    for node in ast.walk(ast.parse(fixture.text)):
        if isinstance(node, ast.Import):
            roots |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            roots.add(node.module)
    return {names[root] for module in roots if (root := _root(module, names))}


def _root(module: str, names: dict[str, str]) -> str:
    """The longest root of the catalogue that `module` is or lies below, or ""."""
    found = [root for root in names if module == root or module.startswith(f"{root}.")]
    return max(found, key=len, default="")


@cache
def _names_of_roots() -> dict[str, str]:
    return {root: library.name for library in load_catalogue().libraries for root in library.roots}


def test_every_rule_says_which_libraries_it_applies_to() -> None:
    about_libraries = {rule.code for rule in all_rules() if not rule.code.startswith("CPL0")}
    assert about_libraries == set(APPLIES) & about_libraries


def test_what_is_missing_is_listed_and_nothing_else() -> None:
    listed = set(MISSING.read_text("utf-8").split("\n")) - {""}
    missing = needed() - written()
    assert sorted(missing - listed) == [], "fixtures to write"
    assert sorted(listed - missing) == [], f"written now: take the lines out of {MISSING.name}"


def test_every_rule_has_a_folder_of_both_kinds() -> None:
    for rule in all_rules():
        if rule.code in APPLIES:
            (folder,) = FIXTURES.glob(f"{rule.code.lower()}_*")
            assert list(folder.glob("bad_*.py")), folder
            assert list(folder.glob("good_*.py")), folder
