"""What a user gets told in place of a report."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class UsageError(Exception):
    """A wrong option, a wrong setting or an unknown name: the exit status is 2.

    The message names file, line, key and what was expected.
    """


def near(word: str, known: Iterable[str]) -> str:
    """`; did you mean "select"?` when `word` is close to a known one, else ""."""
    found = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return f'; did you mean "{found[0]}"?' if found else ""


def listed(words: Iterable[str]) -> str:
    """`"a", "b" or "c"`."""
    quoted = [f'"{word}"' for word in words]
    return " or ".join(quoted) if len(quoted) < 3 else ", ".join(quoted[:-1]) + " or " + quoted[-1]
