"""The file cannot be read as Python.

## What it does
Says that a file does not decode, does not parse, or is too deeply nested for poollint, with line and reason. The
engine makes this finding where it reads files.

## Why it matters
What cannot be read is not judged. Passing it silently would look like a file without faults.

## Bad
```python
pool = create_pool(
```

## Good
```python
pool = create_pool()
```

## Fix
Repair the file. Where it is not meant to be Python of today (templates, Python 2), `exclude` it.

## Not flagged
- Syntax that is newer than the Python that runs poollint.
- Faults that Python itself finds only later than parsing, such as `return` outside of a function.

## References
[Encoding declarations](https://docs.python.org/3/reference/lexical_analysis.html#encoding-declarations).
"""

from __future__ import annotations

from collections.abc import Iterable

from poollint.model.facts import FileFacts
from poollint.model.finding import Severity, Verdict
from poollint.model.rule import Rule


def check(facts: FileFacts) -> Iterable[Verdict]:
    """Nothing: a file with this fault has no facts; the engine tells of it."""
    return ()


RULE = Rule("CPL001", "syntax-error", Severity.ERROR, since="0.1", doc=__doc__, check=check)
