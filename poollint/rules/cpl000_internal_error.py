"""poollint failed on a file.

## What it does
Says that poollint itself failed while it judged this file. The other files are still reported, and the exit
status is 2. The engine makes this finding; no fact of your code leads to it.

## Why it matters
A file that was not judged must not look like a file without faults. The failure is poollint's fault, never yours.

## Bad
No code of yours is at fault. With `-v` poollint prints the traceback.

## Good
A run that judged every file.

## Fix
Report it with the traceback that `poollint -v FILE` prints. Until then, `exclude` the file.

## Not flagged
Files that cannot be parsed or decoded: they are [syntax-error](cpl001_syntax_error.md).

## References
The exit statuses: `poollint --help`.
"""

from __future__ import annotations

from collections.abc import Iterable

from poollint.model.facts import FileFacts
from poollint.model.finding import Severity, Verdict
from poollint.model.rule import Rule


def check(facts: FileFacts) -> Iterable[Verdict]:
    """Nothing: the engine tells of its own failures."""
    return ()


RULE = Rule("CPL000", "internal-error", Severity.ERROR, since="0.1", doc=__doc__, check=check)
