"""A suppression that silences nothing.

## What it does
Finds `# noqa: CPL101` and `# poollint: ignore[leak]` comments (also `disable` ranges and `file-ignore`) whose
rule finds nothing there. The engine makes this finding, after all rules have spoken.

## Why it matters
A comment that outlived its fault hides the next one: whoever edits that line later is not told.

## Bad
```python
def total(prices):
    return sum(prices)  # noqa: CPL101
```

## Good
```python
def total(prices):
    return sum(prices)
```

## Fix
Remove the comment, or the one code in it that is not needed (safe).

## Not flagged
- Codes of other tools, and blanket `# noqa`.
- Rules that did not run: not selected, or the whole project was not known (standard input without a name).
- Findings that a threshold or a role holds back, and findings that another of the same site stands for.

## References
[flake8 on ignoring errors](https://flake8.pycqa.org/en/latest/user/violations.html); the forms of comments:
`malformed-suppression` (CPL003).
"""

from __future__ import annotations

from collections.abc import Iterable

from poollint.model.facts import FileFacts
from poollint.model.finding import Severity, Verdict
from poollint.model.rule import Rule


def check(facts: FileFacts) -> Iterable[Verdict]:
    """Nothing: only the engine knows which comments were needed."""
    return ()


RULE = Rule("CPL002", "unused-suppression", Severity.WARNING, since="0.1", doc=__doc__, check=check, fix="S")
