"""What a catalogue file must agree with itself about: its roots, its types, its names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from poollint.model.library import Library

Fault = tuple[str, str]
"""(where within the file, what is wrong)."""

TABLES = {
    "type": "types",
    "constructor": "constructors",
    "acquire": "acquires",
    "derive": "derives",
    "blocking": "blocking",
    "implicit": "implicit",
    "factory": "factories",
    "option": "options",
    "freshness": "freshness",
    "unbounded": "unbounded",
    "misfit": "misfits",
    "re_export": "re_exports",
    "entry": "entries",
    "dependency": "dependencies",
    "cached": "cached",
    "decorator": "decorators",
    "logging": "loggings",
    "swallowing": "swallowings",
    "hand_off": "hand_offs",
    "wrapper": "wrappers",
    "borrower": "borrowers",
    "thread_decorator": "thread_decorators",
    "request_type": "request_types",
    "holder": "holders",
    "deadline": "deadlines",
    "crowd": "crowds",
    "server": "servers",
}
KEYS = {attribute: key for key, attribute in TABLES.items()}


def near(word: str, known: Iterable[str]) -> str:
    """The word that was meant, or all that there are, in parentheses."""
    import difflib  # only a refused file pays for it

    meant = difflib.get_close_matches(word, list(known), n=1)
    if meant:
        return f'(did you mean "{meant[0]}"?)'
    return f"(known: {', '.join(known)})"


def root_faults(roots: tuple[str, ...]) -> Iterator[Fault]:
    """What is wrong with the import roots."""
    if not roots:
        yield "roots", "expected at least one import root"
    for root in roots:
        if not root.isidentifier():
            yield "roots", f"{root!r} is not the first part of an import"


def library_faults(library: Library) -> Iterator[Fault]:
    """Types that are not declared, or twice; names under no root of the file."""
    yield from root_faults(library.roots)
    types_known: dict[str, None] = {}
    for index, kind in enumerate(library.types):
        if kind.name in types_known:
            yield f"type[{index}].name", f"`{kind.name}` is already a type of this file"
        types_known[kind.name] = None
    for place, name in _type_references(library):
        if name and ":" not in name and name not in types_known:
            yield place, f'"{name}" is no type of this file {near(name, types_known)}'
    for place, dotted in _dotted_names(library):
        if dotted.partition(".")[0] not in library.roots:
            yield place, f"`{dotted}` is under none of the roots {', '.join(library.roots)}"


def _type_references(library: Library) -> Iterator[tuple[str, str]]:
    for attribute in ("types", "acquires", "derives", "blocking", "implicit", "factories", "unbounded", "misfits"):
        key = "bases" if attribute == "types" else "on"
        for index, entry in enumerate(getattr(library, attribute)):
            for name in getattr(entry, key):
                yield f"{KEYS[attribute]}[{index}].{key}", name
    for key, attribute in (("makes", "constructors"), ("returns", "acquires"), ("returns", "derives")):
        for index, entry in enumerate(getattr(library, attribute)):
            yield f"{KEYS[attribute]}[{index}].{key}", getattr(entry, key)
    for index, factory in enumerate(library.factories):
        yield f"factory[{index}].makes", factory.makes
    for index, constructor in enumerate(library.constructors):
        for keyword, made in constructor.makes_when.items():
            for value, name in made.items():
                yield f"constructor[{index}].makes_when.{keyword}.{value}", name
    for index, kind in enumerate(library.types):
        for attribute, name in kind.attributes.items():
            yield f"type[{index}].attributes.{attribute}", name


def _dotted_names(library: Library) -> Iterator[tuple[str, str]]:
    for attribute in ("types", "constructors", "acquires", "blocking", "unbounded"):
        for index, entry in enumerate(getattr(library, attribute)):
            for name in entry.names:
                yield f"{KEYS[attribute]}[{index}].names", name
    for index, kind in enumerate(library.types):
        for name in kind.instances:
            yield f"type[{index}].instances", name
    for index, re_export in enumerate(library.re_exports):
        yield f"re_export[{index}].name", re_export.name
