"""What a rule's documentation says, for terminals, programs and pages. It all comes from the rule's docstring."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from poollint import rules
from poollint.engine.select import prefix_of_group
from poollint.frontends.formats.style import Style
from poollint.frontends.formats.text import wrapped
from poollint.model.rule import HEADINGS, Rule

PAGES = "https://poollint.readthedocs.io/rules"
FIXES = {"S": "safe", "U": "unsafe", "S/U": "safe or unsafe, by case", "-": "none"}
_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
_BLOCK = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
_IN_PARAGRAPH = re.compile(r"(?<=\S)\n(?![\n\-*|])")
"""The end of a line that goes on in the next."""


def address(code: str) -> str | None:
    """Where the rule's page is published; None for a code that no rule has."""
    found = rules.rule(code)
    return f"{PAGES}/{rules.stem(found)}/" if found else None


def sections(rule: Rule) -> dict[str, str]:
    """The documentation by heading."""
    parts = _HEADING.split(rule.doc)[1:]
    return {heading: text.strip() for heading, text in zip(parts[::2], parts[1::2], strict=True)}


def fix_words(rule: Rule) -> str:
    return FIXES.get(rule.fix, rule.fix)


def status(rule: Rule) -> str:
    """Whether it speaks unasked."""
    return "on" if rule.on else "ext"


def _facts(rule: Rule) -> list[tuple[str, str]]:
    selected = "on by default" if rule.on else "only when selected by its code, its name or ALL"
    shown = [("severity", rule.severity.word), ("selected", selected), ("fix", fix_words(rule))]
    group = [("group", f"{rule.group} ({prefix_of_group(rule.group)})")] if rule.group else []
    return [*shown, *group, ("since", rule.since)]


# --- one rule --------------------------------------------------------------------------------------


def text(rule: Rule, style: Style) -> str:
    """For a terminal: code blocks without fences, headings that stand out."""
    title = f"{style.paint(rule.code, rule.severity.word)} {style.paint(rule.name, 'strong')}"
    lines = [title, "", f"{rule.summary}.", ""]
    lines += [f"{name}: {value}" for name, value in _facts(rule)]
    for heading, body in sections(rule).items():
        lines += ["", style.paint(heading, "strong"), *_plain(body, style.width)]
    return "\n".join(lines) + "\n"


def _plain(body: str, width: int) -> Iterable[str]:
    """Markdown as plain text: code indented, paragraphs wrapped."""
    for part in _BLOCK.split(body):
        if part.startswith("```"):
            yield from (f"    {line}".rstrip() for line in part.splitlines()[1:-1])
            continue
        for line in _IN_PARAGRAPH.sub(" ", part.strip("\n")).splitlines():
            yield from wrapped(line, width, width)


def markdown(rule: Rule) -> str:
    """The rule's page."""
    facts = "\n".join(f"| {name} | {value} |" for name, value in _facts(rule))
    body = "\n\n".join(f"## {heading}\n\n{text}" for heading, text in sections(rule).items())
    return f"# {rule.code} {rule.name}\n\n{rule.summary}.\n\n| | |\n|---|---|\n{facts}\n\n{body}\n"


def data(rule: Rule) -> dict[str, Any]:
    """For programs."""
    found = sections(rule)
    return {
        **row(rule),
        "url": address(rule.code),
        "sections": {heading: found.get(heading, "") for heading in HEADINGS},
    }


# --- all rules -------------------------------------------------------------------------------------


def row(rule: Rule) -> dict[str, Any]:
    """The rule in a line of data."""
    return {
        "code": rule.code,
        "name": rule.name,
        "group": rule.group,
        "severity": rule.severity.word,
        "status": status(rule),
        "fix": rule.fix,
        "since": rule.since,
        "summary": rule.summary,
    }


def table(found: Sequence[Rule], style: Style) -> str:
    """The rules in columns, for a terminal."""
    longest = max(len(rule.name) for rule in found)
    lines = [f"{'code':<7} {'name':<{longest}} {'severity':<8} {'':<3} {'fix':<3} what"]
    for rule in found:
        code = style.paint(f"{rule.code:<7}", rule.severity.word)
        lines.append(
            f"{code} {rule.name:<{longest}} {rule.severity.word:<8} {status(rule):<3} {rule.fix:<3} {rule.summary}"
        )
    return "".join(f"{line.rstrip()}\n" for line in lines)
