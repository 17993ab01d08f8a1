"""`poollint rules`: the table of all rules."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from poollint.frontends import explain
from poollint.frontends.cli import terminal
from poollint.frontends.cli.arguments import Parser
from poollint.rules import all_rules

FORMATS = ("text", "json")


def main(arguments: Sequence[str]) -> int:
    """Prints a line for each rule."""
    parser = Parser("poollint rules", "poollint rules [FLAGS]", "Lists all rules; `ext` ones speak only when selected.")
    parser.add_argument("--output-format", choices=FORMATS, default="text", metavar="|".join(FORMATS), help="[text]")
    parser.add_argument("--color", choices=terminal.COLOR, default="auto", metavar="|".join(terminal.COLOR))
    parser.add_argument("-h", "--help", action="store_true", help="print this")
    found = parser.read(arguments)
    if parser.has_helped(found):
        return 0
    if found.output_format == "json":
        print(json.dumps([explain.row(rule) for rule in all_rules()], indent=2))
    else:
        sys.stdout.write(explain.table(all_rules(), terminal.style_of(sys.stdout, found.color)))
    return 0
