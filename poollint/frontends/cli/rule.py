"""`poollint rule CODE|NAME|--all`: what a rule is about."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from poollint import rules
from poollint.engine.errors import UsageError, near
from poollint.frontends import explain
from poollint.frontends.cli import terminal
from poollint.frontends.cli.arguments import Parser
from poollint.model.rule import Rule

FORMATS = ("text", "json", "markdown")


def main(arguments: Sequence[str]) -> int:
    """Prints the documentation of the rules that are named."""
    parser = Parser("poollint rule", "poollint rule CODE|NAME ...|--all [FLAGS]", "Explains rules.")
    parser.add_argument("paths", nargs="*", default=[], metavar="CODE|NAME", help="which rules")
    parser.add_argument("--all", action="store_true", help="every rule")
    parser.add_argument("--output-format", choices=FORMATS, default="text", metavar="|".join(FORMATS), help="[text]")
    parser.add_argument("--color", choices=terminal.COLOR, default="auto", metavar="|".join(terminal.COLOR))
    parser.add_argument("-h", "--help", action="store_true", help="print this")
    found = parser.read(arguments)
    if parser.has_helped(found):
        return 0
    chosen = _chosen(found.paths, found.all)
    sys.stdout.write(_shown(chosen, found.output_format, found.color, is_list=found.all or len(chosen) > 1))
    return 0


def _chosen(words: Sequence[str], is_all: bool) -> tuple[Rule, ...]:
    if is_all == bool(words):
        raise UsageError("rule: expected a code, a name, or --all; `poollint rules` lists them")
    return rules.all_rules() if is_all else tuple(dict.fromkeys(map(_rule, words)))


def _rule(word: str) -> Rule:
    found = rules.rule(word) or rules.rule(word.upper()) or rules.rule(word.lower())
    if found is None:
        known = [known for rule in rules.all_rules() for known in (rule.code, rule.name)]
        raise UsageError(f'unknown rule "{word}"{near(word, known) or near(word.upper(), known)}')
    return found


def _shown(chosen: Sequence[Rule], output_format: str, color: str, is_list: bool) -> str:
    if output_format == "json":
        documents = [explain.data(rule) for rule in chosen]
        return json.dumps(documents if is_list else documents[0], indent=2) + "\n"
    if output_format == "markdown":
        return "\n".join(explain.markdown(rule) for rule in chosen)
    style = terminal.style_of(sys.stdout, color)
    return f"\n{'-' * style.width}\n\n".join(explain.text(rule, style) for rule in chosen)
