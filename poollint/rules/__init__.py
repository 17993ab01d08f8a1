"""The rules, one file each: a value and one pure function over facts. Dropping a file in here is all it takes."""

from __future__ import annotations

import importlib
import pkgutil
import re
from functools import cache

from poollint.model.rule import Rule

STEM = re.compile(r"cpl\d{3}_[a-z0-9_]+")


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule, by code."""
    stems = [module.name for module in pkgutil.iter_modules(__path__) if STEM.fullmatch(module.name)]
    return tuple(importlib.import_module(f"{__name__}.{stem}").RULE for stem in sorted(stems))


@cache
def _by_word() -> dict[str, Rule]:
    return {word: rule for rule in all_rules() for word in (rule.code, rule.name)}


def rule(code_or_name: str) -> Rule | None:
    """The rule of a code or name."""
    return _by_word().get(code_or_name)


def stem(of: Rule) -> str:
    """The one stem of the rule's file, fixtures and page: `cpl101_leak`."""
    return f"{of.code.lower()}_{of.name.replace('-', '_')}"
