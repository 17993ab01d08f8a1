"""Looks names of the catalogue up in the installed libraries."""

from __future__ import annotations

import importlib
import inspect
import re
import warnings
from importlib import metadata

from poollint.model.library import Library
from poollint.model.option import DefaultValue


class Unresolved(Exception):
    """A dotted name that the installed packages do not have."""


def configure_django() -> None:
    """Some of its parts cannot be looked at without settings."""
    try:
        from django.conf import settings
    except ImportError:
        return
    if not settings.configured:
        settings.configure()


def resolve(dotted: str) -> object:
    """The object behind a dotted name: the longest importable module, then attributes."""
    words = dotted.split(".")
    reasons: list[str] = []
    for length in range(len(words), 0, -1):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found: object = importlib.import_module(".".join(words[:length]))
                for word in words[length:]:
                    found = getattr(found, word)
            return found
        except (ImportError, AttributeError, RuntimeError) as error:
            reasons.append(str(error))
    raise Unresolved(f"{dotted}: {reasons[0]}")


def is_installed(library: Library) -> bool:
    """Whether one of its roots can be imported."""
    for root in library.roots:
        try:
            resolve(root)
        except Unresolved:
            continue
        return True
    return False


def parameters(dotted: str) -> dict[str, tuple[int | None, inspect.Parameter]]:
    """name -> (position, parameter) of a callable; the position is None for keyword-only ones."""
    found = resolve(dotted)
    signature = inspect.signature(found)  # type: ignore[arg-type]
    listed: dict[str, tuple[int | None, inspect.Parameter]] = {}
    position = 0
    for parameter in signature.parameters.values():
        by_place = parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        if by_place and parameter.name == "self":
            continue
        listed[parameter.name] = (position if by_place else None, parameter)
        position += by_place
    return listed


def takes_keywords(dotted: str) -> bool:
    """Whether it has `**kwargs`, behind which any setting may stand."""
    return any(p.kind is p.VAR_KEYWORD for _, p in parameters(dotted).values())


def value_of(expression: str) -> object:
    """A default: an attribute, one of an object made without arguments (`m.C().a`), or a parameter's (`m.f.p`)."""
    head, made, tail = expression.partition("()")
    if made:
        found = resolve(head)()  # type: ignore[operator]
        for word in tail.strip(".").split("."):
            found = getattr(found, word)
        return found
    owner, _, name = expression.rpartition(".")
    callee = resolve(owner)
    if callable(callee) and name in parameters(owner):
        return parameters(owner)[name][1].default
    return getattr(callee, name)


def installed_version(library: Library) -> str:
    for distribution in library.distributions:
        try:
            return metadata.version(distribution)
        except metadata.PackageNotFoundError:
            continue
    return ""


def applies(default: DefaultValue, version: str) -> bool:
    """Whether a default is the one of a version."""
    after = not default.since or _numbers(version) >= _numbers(default.since)
    before = not default.until or _numbers(version) < _numbers(default.until)
    return after and before


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:4])
