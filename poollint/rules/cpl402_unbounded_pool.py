"""A pool has no limit.

## What it does
Finds pools, engines and clients that were told to have no limit, and those that have none by default where
coroutines of requests use them: nothing else bounds how many there are at once.

## Why it matters
A burst opens a connection for each request. The database refuses them above its own limit, for every service that
uses it; before that, memory and file descriptors go. A limit makes the burst wait instead.

## Bad
```python
from sqlalchemy import create_engine

engine = create_engine("mysql+pymysql://db/shop", max_overflow=-1, pool_recycle=1800)
```

## Good
```python
from sqlalchemy import create_engine

engine = create_engine("mysql+pymysql://db/shop", max_overflow=10, pool_recycle=1800)
```

## Fix
Unsafe: sets the library's own default limit, where it has one.

## Not flagged
Uses that all stand behind a semaphore; a limit for each host beside none for all; defaults of versions that are not
known; pools that keep nothing; what only a bounded number of threads uses, unless the limit is taken away by name.

## References
- https://docs.sqlalchemy.org/en/20/core/engines.html#sqlalchemy.create_engine.params.max_overflow
- https://docs.aiohttp.org/en/stable/client_advanced.html#limiting-connection-pool-size
"""

from __future__ import annotations

from collections.abc import Iterator

from poollint.model.capacity import CapacityFact
from poollint.model.facts import FileFacts
from poollint.model.finding import Confidence, Severity, Step, Verdict
from poollint.model.rule import OUTSIDE_THE_APPLICATION, Rule
from poollint.rules.keywords import listed
from poollint.rules.sizes import plan


def check(facts: FileFacts) -> Iterator[Verdict]:
    for fact in facts.capacities:
        if not fact.unlimited or fact.is_guarded:
            continue
        if fact.is_unlimited_by_default and fact.served != "async":
            continue
        keywords = _limit(fact)
        yield Verdict(
            code=RULE.code,
            place=fact.place,
            message=f"`{fact.name}` has no limit: {_said(fact)}",
            confidence=Confidence.MEDIUM if fact.is_unlimited_by_default else Confidence.HIGH,
            severity=Severity.INFO if fact.is_unlimited_by_default else None,
            steps=(Step("construct", fact.place, f"`{fact.text}`"),),
            why=_why(fact),
            help=f"set a limit ({listed(keywords)})" if keywords else "set a limit that the server bears",
            plans=plan(fact, keywords, "what comes above the limit waits, or raises, as the library does"),
        )


def _said(fact: CapacityFact) -> str:
    return f"its default is `{fact.unlimited}`" if fact.is_unlimited_by_default else f"`{fact.unlimited}`"


def _why(fact: CapacityFact) -> str:
    if fact.library.has_server_limit:
        return "a burst opens a connection for each request, until the database refuses them to all its users"
    return "a burst opens a connection for each request, until file descriptors or the server give out"


def _limit(fact: CapacityFact) -> tuple[tuple[str, str], ...]:
    """The library's own default, or what its entry advises, for the setting that has none."""
    for role in ("size", "overflow"):
        setting = fact.settings.get(role)
        if setting is None or not fact.unlimited.startswith(f"{setting.option.keyword}=") or not setting.is_free:
            continue
        if setting.option.advice:
            keyword, _, value = setting.option.advice.partition("=")
            return ((keyword, value),)
        default = setting.option.default[0].value if len(setting.option.default) == 1 else None
        if isinstance(default, int) and default > 0 and default not in setting.option.unlimited:
            return ((setting.option.keyword, str(default)),)
    return ()


RULE = Rule(
    code="CPL402",
    name="unbounded-pool",
    severity=Severity.WARNING,
    since="0.1",
    doc=__doc__ or "",
    check=check,
    fix="U",
    silent_in=OUTSIDE_THE_APPLICATION,
)
