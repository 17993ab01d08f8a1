"""An engine or pool keeps its connections for ever.

## What it does
Finds engines and pools on a server database that neither renew their connections after some time nor check them before
use.

## Why it matters
Idle connections die without notice: MySQL closes them after `wait_timeout`, proxies, NAT gateways and firewalls cut
them, servers restart and fail over. The pool hands out the dead one, and the first request after a quiet night fails.

## Bad
```python
from sqlalchemy import create_engine

engine = create_engine("mysql+pymysql://db/shop", pool_size=10)
```

## Good
```python
from sqlalchemy import create_engine

engine = create_engine("mysql+pymysql://db/shop", pool_size=10, pool_recycle=1800, pool_pre_ping=True)
```

## Fix
Unsafe: adds the options that the constructor has. The check before use costs one round trip for each acquire.

## Not flagged
An engine that its function drops again. Databases without a server; pool classes that keep nothing; an engine that is
given its pool or its connections by the caller; options that come from outside (`**kwargs` of a caller, settings that
cannot be read); either of the two options alone. Libraries that replace dead connections by themselves are told as
information only.

## References
- https://docs.sqlalchemy.org/en/20/core/pooling.html#dealing-with-disconnects
- https://dev.mysql.com/doc/refman/8.4/en/gone-away.html
"""

from __future__ import annotations

from collections.abc import Iterator

from poollint.model.facts import FileFacts, FreshnessFact
from poollint.model.finding import Confidence, Severity, Step, Verdict
from poollint.model.fix import FixPlan
from poollint.model.rule import OUTSIDE_THE_APPLICATION, Rule
from poollint.rules.keywords import listed, set_keywords


def check(facts: FileFacts) -> Iterator[Verdict]:
    for fact in facts.freshness:
        if fact.fault != "kept":
            continue
        yield Verdict(
            code=RULE.code,
            place=fact.place,
            message=f"`{fact.text}` keeps its connections for ever: {_missing(fact)}",
            confidence=Confidence.HIGH if fact.dialect is not None else Confidence.MEDIUM,
            severity=Severity.INFO if fact.freshness.healing else None,
            steps=(Step("construct", fact.place, f"`{fact.text}`"),),
            why=_why(fact),
            help=f"add {listed(tuple(fact.freshness.fix.items()))}",
            plans=(_plan(fact),) if fact.freshness.fix and not fact.spread & set(fact.freshness.fix) else (),
        )


def _missing(fact: FreshnessFact) -> str:
    names = [f"`{keyword}`" for keyword in fact.freshness.any_of]
    if len(names) == 1:
        return f"{names[0]} is not set"
    return f"neither {' nor '.join(names)} is set"


def _why(fact: FreshnessFact) -> str:
    reasons = fact.freshness.reasons
    return reasons.get(fact.dialect or "") or reasons.get("", "")


def _plan(fact: FreshnessFact) -> FixPlan:
    keywords = tuple(fact.freshness.fix.items())
    reason = "connections are renewed and checked, which costs a round trip at each acquire"
    return set_keywords(fact.place, keywords, f"add {listed(keywords)}", reason)


RULE = Rule(
    code="CPL501",
    name="missing-recycle",
    severity=Severity.WARNING,
    since="0.1",
    doc=__doc__ or "",
    check=check,
    ladder="freshness",
    rank=1,
    fix="U",
    silent_in=OUTSIDE_THE_APPLICATION,
)
