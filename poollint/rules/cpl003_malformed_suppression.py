"""A suppression that does something else than it says.

## What it does
Finds comments that name a rule of ours and do not silence just that: `# noqa: leak` and `# noqa : CPL101`
(flake8 silences every finding of the line), `# flake8: noqa: CPL101` (flake8 skips the whole file),
`#noqa: CPL101` and `# noqa: cpl101` (nothing is silenced), codes and names that do not exist,
`# poollint: ignore` without `[rule]`, `enable[...]` of what was not disabled. The engine makes this finding.

## Why it matters
flake8 reads `# noqa: name` as plain `# noqa`. Whoever wrote it believes that one rule is silent, while every
rule of every plugin is.

## Bad
```python
conn = pool.getconn()  # noqa: leak
```

## Good
```python
conn = pool.getconn()  # poollint: ignore[leak] given back at exit
```

## Fix
Write the code in capitals after `# noqa: `, for the line that flake8 reports; or use our own form, which takes
codes, names, prefixes and groups, and works under flake8 too:

- `# poollint: ignore[leak] reason` behind a statement, or on a line of its own above it;
- `# poollint: disable[leak]` ... `# poollint: enable[leak]` for what stands between (or to the end of the file);
- `# poollint: file-ignore[leak]` for the whole file.

## Not flagged
Plain `# noqa`, comments that name only other tools' codes, and prose that mentions poollint.

## References
[flake8 on ignoring errors](https://flake8.pycqa.org/en/latest/user/violations.html).
"""

from __future__ import annotations

from collections.abc import Iterable

from poollint.model.facts import FileFacts
from poollint.model.finding import Severity, Verdict
from poollint.model.rule import Rule


def check(facts: FileFacts) -> Iterable[Verdict]:
    """Nothing: the engine reads the comments."""
    return ()


RULE = Rule("CPL003", "malformed-suppression", Severity.WARNING, since="0.1", doc=__doc__, check=check)
