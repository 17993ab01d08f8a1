"""Connections are renewed after the server has closed them.

## What it does
Finds pools whose renewal comes no sooner than the server's own limit for idle connections, where that is known: by the
`wait_timeout` that the same call sets, or the server's default.

## Why it matters
The setting looks like the cure and has no effect: the server closes the idle connection first, and the pool hands out
the dead one.

## Bad
```python
from sqlalchemy import create_engine

engine = create_engine("mysql+pymysql://db/shop", pool_recycle=86400)
```

## Good
```python
from sqlalchemy import create_engine

engine = create_engine("mysql+pymysql://db/shop", pool_recycle=1800, pool_pre_ping=True)
```

## Fix
Unsafe: half an hour, or half of the server's limit where that is less.

## Not flagged
Pools that check a connection before use, or may; values and limits that are not written in the code.

## References
- https://dev.mysql.com/doc/refman/8.4/en/server-system-variables.html#sysvar_wait_timeout
- https://docs.sqlalchemy.org/en/20/core/pooling.html#setting-pool-recycle
"""

from __future__ import annotations

from collections.abc import Iterator

from poollint.model.facts import FileFacts, FreshnessFact
from poollint.model.finding import Confidence, Severity, Step, Verdict
from poollint.model.fix import FixPlan
from poollint.model.rule import OUTSIDE_THE_APPLICATION, Rule
from poollint.rules.keywords import set_keywords

USUAL = 1800
"""Seconds: below the limits that proxies and managed servers commonly have."""


def check(facts: FileFacts) -> Iterator[Verdict]:
    for fact in facts.freshness:
        if fact.fault != "too-long":
            continue
        option, seconds = fact.freshness.recycle, _seconds(fact)
        yield Verdict(
            code=RULE.code,
            place=fact.place,
            message=f"`{option}={fact.recycle:g}` of `{fact.text}` is no sooner than the server's {_server(fact)}",
            confidence=Confidence.HIGH,
            steps=(Step("construct", fact.place, f"`{fact.text}`"),),
            why="the server closes an idle connection first, and the pool hands out the dead one",
            help=f"renew sooner: `{option}={seconds}`, and check with `{fact.freshness.check}`",
            plans=() if option in fact.spread else (_plan(fact, seconds),),
        )


def _server(fact: FreshnessFact) -> str:
    is_default = fact.server == fact.freshness.server_seconds.get(fact.dialect or "")
    return f"{'default ' if is_default else ''}`{fact.freshness.server_setting}={fact.server:g}`"


def _seconds(fact: FreshnessFact) -> int:
    return min(USUAL, max(int(fact.server) // 2, 1))


def _plan(fact: FreshnessFact, seconds: int) -> FixPlan:
    keywords = ((fact.freshness.recycle, str(seconds)),)
    return set_keywords(fact.place, keywords, f"renew after {seconds} seconds", "connections are renewed more often")


RULE = Rule(
    code="CPL505",
    name="recycle-too-long",
    severity=Severity.WARNING,
    since="0.1",
    doc=__doc__ or "",
    check=check,
    fix="U",
    silent_in=OUTSIDE_THE_APPLICATION,
)
