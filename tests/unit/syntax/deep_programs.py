"""Programs that nest or chain: each function gives one of a size."""

from __future__ import annotations

from collections.abc import Callable

Program = Callable[[int], str]

SHAPES: dict[str, Program] = {
    "parentheses": lambda n: "x = " + "(" * n + "1" + ")" * n + "\n",
    "lists": lambda n: "x = " + "[" * n + "]" * n + "\n",
    "dicts": lambda n: "x = " + "{1: " * n + "1" + "}" * n + "\n",
    "calls in calls": lambda n: "x = " + "f(" * n + "1" + ")" * n + "\n",
    "subscripts in subscripts": lambda n: "x = " + "a[" * n + "0" + "]" * n + "\n",
    "brackets on many lines": lambda n: "x = " + "(\n" * n + "1\n" + ")\n" * n,
    "never closed": lambda n: "x = " + "(" * n + "\n",
    "sums": lambda n: "x = " + " + ".join("a" * n) + "\n",
    "sums on many lines": lambda n: "x = (" + "\n+ ".join("a" * n) + ")\n",
    "powers": lambda n: "x = " + "**".join("a" * n) + "\n",
    "chained calls": lambda n: "x = a" + ".f()" * n + "\n",
    "chained bare calls": lambda n: "x = a" + "()" * n + "\n",
    "chained attributes": lambda n: "x = a" + ".b" * n + "\n",
    "chained subscripts": lambda n: "x = a" + "[0]" * n + "\n",
    "comparisons": lambda n: "x = " + " < ".join("a" * n) + "\n",
    "ands": lambda n: "x = " + " and ".join("a" * n) + "\n",
    "ors of calls": lambda n: "x = " + " or ".join("f(a)" for _ in range(n)) + "\n",
    "nots": lambda n: "x = " + "not " * n + "a\n",
    "minuses": lambda n: "x = " + "-" * n + "a\n",
    "lambdas": lambda n: "x = " + "lambda: " * n + "a\n",
    "conditions": lambda n: "x = " + "a if b else " * n + "c\n",
    "walruses": lambda n: "x = " + "(a := " * n + "1" + ")" * n + "\n",
    "comprehension clauses": lambda n: "x = [a " + "for a in b " * n + "]\n",
    "elifs": lambda n: "if a:\n  pass\n" + "elif b:\n  pass\n" * n,
    "f-strings in f-strings": lambda n: "x = " + "f'{" * n + "a" + "}'" * n + "\n",
    "brackets in an f-string": lambda n: "x = f'{" + "(" * n + "a" + ")" * n + "}'\n",
    "formats in formats": lambda n: "x = f'" + "{a:" * n + "b" + "}" * n + "'\n",
    "dots in an import": lambda n: "import " + ".".join("a" * n) + "\n",
    "sums within brackets within sums": lambda n: (
        "x = " + "(" * (n // 20) + "a" + (" + a" * 20 + ")") * (n // 20) + "\n"
    ),
}
"""Harmless at 100, deadly at some thousands."""

BLOCKS: Program = lambda n: "".join(" " * i + "if a:\n" for i in range(n)) + " " * n + "pass\n"  # noqa: E731

PATTERNS: dict[str, Program] = {
    "lists": lambda n: "match a:\n case " + "[" * n + "1" + "]" * n + ": pass\n",
    "parentheses": lambda n: "match a:\n case " + "(" * n + "1" + ")" * n + ": pass\n",
    "classes": lambda n: "match a:\n case " + "A(b=" * n + "1" + ")" * n + ": pass\n",
    "mappings": lambda n: "match a:\n case " + "{'a': " * n + "1" + "}" * n + ": pass\n",
    "tuples": lambda n: "match a:\n case " + "(" * n + "1" + ",)" * n + ": pass\n",
}
"""LibCST's time doubles or worse with each level."""
