"""All pools of all processes together may open more connections than the database allows.

## What it does
Multiplies hosts, processes and the limits of the application's pools, where all of them are known, and compares that
with the database's limit less what it reserves. Hosts, `workers` and `database-max-connections` are taken from
`[tool.poollint.concurrency]`, processes and the database's limit else from the files that start the service; one host
where nothing is said.

## Why it matters
Each process has pools of its own. At the first peak the database refuses connections: to this service, to the others
that use it, and to the administrator. A rolling deployment doubles the hosts for a while.

## Bad
```python
# [tool.poollint.concurrency]
# hosts = 4
# workers = 8
# database-max-connections = 100
from sqlalchemy import create_engine

engine = create_engine("mysql+pymysql://db/shop", pool_size=5, max_overflow=10, pool_recycle=1800)
```

## Good
```python
# [tool.poollint.concurrency]
# hosts = 4
# workers = 8
# database-max-connections = 100
from sqlalchemy import create_engine

engine = create_engine("mysql+pymysql://db/shop", pool_size=3, max_overflow=0, pool_recycle=1800)
```

## Fix
None: which of the numbers is to change is the operator's choice. `poollint size` computes what each pool may have.

## Not flagged
Projects in which one of the numbers, or the limit of one of the pools, is not known; pools on databases without a
server and pools that keep nothing. A pooler between the service and the database takes its place: declare its limit.

## References
- https://www.postgresql.org/docs/current/runtime-config-connection.html#GUC-MAX-CONNECTIONS
- https://docs.sqlalchemy.org/en/20/core/pooling.html
"""

from __future__ import annotations

from collections.abc import Iterator

from poollint.model.capacity import Budget
from poollint.model.facts import FileFacts
from poollint.model.finding import Confidence, Severity, Step, Verdict
from poollint.model.rule import OUTSIDE_THE_APPLICATION, Rule
from poollint.model.sizing import budget


def check(facts: FileFacts) -> Iterator[Verdict]:
    for fact in facts.capacities:
        found = fact.budget
        if found is None or found.needed <= found.database - found.reserved:
            continue
        yield Verdict(
            code=RULE.code,
            place=fact.place,
            message=f"{_product(found)} connections, and the database has {found.database} less {found.reserved}",
            confidence=Confidence.HIGH,
            steps=(Step("construct", fact.place, f"`{fact.text}`"),),
            why=f"at a peak the database refuses connections to everyone ({found.source})",
            help=_help(found),
        )


def _product(found: Budget) -> str:
    hosts = "1 host" if found.hosts == 1 else f"{found.hosts} hosts"
    pools = "the pool" if found.pools == 1 else f"{found.pools} pools"
    return f"{pools} may open {hosts} x {found.processes} processes x {found.each} = {found.needed}"


def _help(found: Budget) -> str:
    """What each process could have."""
    each = budget(found.database, found.reserved, found.hosts * found.processes)
    if each < 1:
        return "not even one for each process is left: run fewer, or put a connection pooler in front of the database"
    return f"let the pools of a process have {each} together, run fewer processes, or raise the database's limit"


RULE = Rule(
    code="CPL404",
    name="connection-budget",
    severity=Severity.WARNING,
    since="0.1",
    doc=__doc__ or "",
    check=check,
    on=False,
    silent_in=OUTSIDE_THE_APPLICATION,
)
