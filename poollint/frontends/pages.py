"""The pages of `docs/` that are made from rules and options.

`python -m poollint.frontends.pages docs` writes them; a test compares.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import Field, fields
from typing import Any

from poollint.engine.options import key_of, shape_of
from poollint.frontends import explain
from poollint.model.settings import OPTIONS, Concurrency
from poollint.rules import all_rules, stem

TYPES = {
    "text": "text",
    "flag": "true or false",
    "number": "whole number",
    "texts": "list of texts",
    "map": "table: text to text",
    "lists": "table: text to list of texts",
    "loads": "a table of tables of numbers",
    "concurrency": "table",
    "tables": "array of tables",
}


def pages() -> dict[str, str]:
    """Text by path below `docs/`."""
    made = {f"rules/{stem(rule)}.md": explain.markdown(rule) for rule in all_rules()}
    return {"rules/index.md": _index(), **made, "settings.md": _settings()}


RULES_HEAD = """# Rules

`on` rules speak unless ignored, `ext` rules only when selected by code, by name or by `ALL`.

| code | name | severity | | fix | what |
|---|---|---|---|---|---|
"""
SETTINGS_HEAD = """# Settings

In `[tool.poollint]` of pyproject.toml, of each folder from the top of the repository down to the project: the nearer
wins, `extend-...` lists and tables add up. Flags win over all files. An unknown key or value ends the run with status
2.

| key | flag | default | what |
|---|---|---|---|
"""
CONCURRENCY_HEAD = """
## `[tool.poollint.concurrency]`

| key | what |
|---|---|
"""


def _index() -> str:
    return RULES_HEAD + "".join(
        f"| [{rule.code}]({stem(rule)}.md) | {rule.name} | {rule.severity.word} | {explain.status(rule)} "
        f"| {explain.fix_words(rule)} | {rule.summary} |\n"
        for rule in all_rules()
    )


def _settings() -> str:
    options = "".join(_row(name, option) for name, option in OPTIONS.items())
    inner = "".join(f"| `{key_of(item.name)}` | {item.metadata['doc']} |\n" for item in fields(Concurrency))
    return f"{SETTINGS_HEAD}{options}{CONCURRENCY_HEAD}{inner}"


def _row(name: str, option: Field[Any]) -> str:
    shape, metadata = shape_of(name), option.metadata
    flags = ", ".join(f"`{flag}`" for flag in (metadata["short"], metadata["flag"]) if flag)
    choices = f" ({', '.join(f'`{choice}`' for choice in shape.choices)})" if shape.choices else ""
    example = f", as in `{metadata['example']}`" if metadata["example"] else ""
    what = f"{metadata['doc']}{choices}{example}; {TYPES[shape.kind]}"
    return f"| `{key_of(name)}` | {flags} | {_default(option)} | {what} |\n"


def _default(option: Field[Any]) -> str:
    """As TOML; nothing for an empty list or table."""
    value = option.default
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        shown = ", ".join(f'"{item}"' for item in value)
        return f"`[{shown}]`" if value else ""
    if isinstance(value, (str, int)):
        return f'`"{value}"`' if isinstance(value, str) else f"`{value}`"
    return ""


def main(arguments: Sequence[str]) -> int:
    """Writes the pages into the folder that is named."""
    (folder,) = arguments
    for path, text in pages().items():
        target = os.path.join(folder, *path.split("/"))
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
    for path in _gone(os.path.join(folder, "rules")):
        os.remove(path)
    return 0


def _gone(folder: str) -> Iterable[str]:
    """Pages of rules that are no more."""
    kept = {path.rpartition("/")[2] for path in pages()}
    return [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name not in kept]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
