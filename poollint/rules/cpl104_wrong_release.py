"""Something that looks like a release does not give the connection back.

## What it does
Finds connections whose only "release" is none, by library: `with pool.getconn() as conn` and `with psycopg2.connect()`
end the transaction and nothing else; `conn.close()` and `closing(conn)` on a pooled psycopg2 or aiomysql connection
lose its place in the pool; `async with await pool.acquire()` closes the connection or raises; `disconnect()` on a
redis connection keeps it held; a release that goes to another pool than the one it was acquired from.

## Why it matters
The code reads as if it were right, tests with a few connections pass, and the pool runs empty in production.

## Bad
```python
from psycopg2.pool import ThreadedConnectionPool

pool = ThreadedConnectionPool(10, 10, "dbname=shop")


def rename(item, name):
    with pool.getconn() as conn:
        conn.cursor().execute("UPDATE items SET name = %s WHERE id = %s", (name, item))
```

## Good
```python
from psycopg2.pool import ThreadedConnectionPool

pool = ThreadedConnectionPool(10, 10, "dbname=shop")


def rename(item, name):
    conn = pool.getconn()
    try:
        with conn:
            conn.cursor().execute("UPDATE items SET name = %s WHERE id = %s", (name, item))
    finally:
        pool.putconn(conn)
```

## Fix
Safe for `async with await pool.acquire()`, whose `await` goes, and where the pool has a method whose `with` does what
was meant (`pool.connection()`). Unsafe for a close in place of the release, which then keeps the connection alive.

## Not flagged
`with conn:` for a transaction in a function that also releases; `close()` where it gives the connection back
(SQLAlchemy, mysql-connector, MariaDB, DBUtils, oracledb) or frees its place (asyncpg).

## References
- https://www.psycopg.org/docs/usage.html#with-statement
- https://github.com/psycopg/psycopg2/issues/778
- https://aiomysql.readthedocs.io/en/stable/pool.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from poollint.model.acquired import AcquireFact, WrongRelease
from poollint.model.facts import FileFacts
from poollint.model.finding import Confidence, Severity, Step, Verdict
from poollint.model.fix import Applicability, FixPlan, ReleaseAround, RemoveAwait, ReplaceCall
from poollint.model.rule import Rule
from poollint.rules.leaking import capped, connections, cure, release_words, scoped_acquire, subject, why


def check(facts: FileFacts) -> Iterator[Verdict]:
    for fact in connections(facts):
        if fact.wrong_releases:
            yield _verdict(fact, fact.wrong_releases[0])


def _verdict(fact: AcquireFact, wrong: WrongRelease) -> Verdict:
    return Verdict(
        code=RULE.code,
        place=fact.place,
        message=_message(fact, wrong),
        confidence=capped(fact, Confidence.HIGH if fact.acquire.methods else Confidence.MEDIUM),
        steps=(
            Step("acquire", fact.place, f"`{fact.text}`"),
            Step("note", wrong.place, _what_it_does(fact, wrong)),
        ),
        why=why(fact),
        help=_help(fact, wrong),
        plans=_plans(fact, wrong),
    )


def _message(fact: AcquireFact, wrong: WrongRelease) -> str:
    what = subject(fact)
    match wrong.kind:
        case "with-transaction":
            return f"`with` ends only the transaction: {what} is not released"
        case "with-closes":
            return f"`with` closes without giving back: {what} is lost to the pool"
        case "with-awaited":
            return f"`async with await` does not release: {what} is lost to the pool"
        case "with-error":
            return f"`with` on it raises: {what} is not released"
        case "closing":
            return f"`closing` closes without giving back: {what} is lost to the pool"
        case "factory":
            return f"`{wrong.text}` asks what makes sessions, which keeps none: {what} is not released"
        case "other-pool":
            return f"`{wrong.text}` goes to another pool: {what} is not released"
    return f"`{wrong.text}` does not give it back: {what} is lost to the pool"


def _what_it_does(fact: AcquireFact, wrong: WrongRelease) -> str:
    """What happens at the place that looks like a release."""
    is_error = wrong.kind == "with-awaited" and fact.acquire.context_awaited == "error"
    match wrong.kind:
        case _ if is_error:
            return f"a `with` on the {fact.returns} raises"
        case "with-transaction":
            return f"leaving this `with` commits or rolls back, and keeps the {fact.returns} acquired"
        case "with-closes" | "with-awaited" | "closing":
            return f"leaving this `with` closes the {fact.returns}, and its place in the pool stays taken"
        case "with-error":
            return f"a `with` on the {fact.returns} raises"
        case "other-pool":
            return f"`{wrong.text}` gives it to a pool that it did not come from"
        case "factory":
            return f"`{wrong.text}` ends no {fact.returns}"
    return f"`{wrong.text}` is no release"


def _help(fact: AcquireFact, wrong: WrongRelease) -> str:
    if wrong.kind in ("method", "other-pool", "factory") and release_words(fact):
        return f"write `{release_words(fact)}`"
    if wrong.kind == "with-awaited" and fact.acquire.context == "releases":
        return f"write `async with {fact.text}`"
    other = scoped_acquire(fact)
    if wrong.kind == "with-transaction" and other is not None and not other.commits and fact.acquire.sync:
        holder = fact.holder or "conn"
        return f"write `with {fact.pool_text or 'pool'}.{other.methods[0]}() as {holder}, {holder}:`"
    return cure(fact)


def _plans(fact: AcquireFact, wrong: WrongRelease) -> tuple[FixPlan, ...]:
    if wrong.kind == "with-awaited" and fact.acquire.context == "releases" and not fact.helper:
        return (FixPlan("remove the `await`", Applicability.SAFE, RemoveAwait(wrong.place)),)
    other = scoped_acquire(fact) if fact.used_in.startswith("with") else None
    if other is not None and (wrong.kind == "with-closes" or (wrong.kind == "with-transaction" and other.commits)):
        return (_scoped(fact, other.methods[0], wrong),)
    if wrong.kind == "with-transaction" and fact.used_in == "with" and not fact.helper:
        return _around(fact)
    if wrong.kind == "method" and fact.pool_text and fact.holder and not fact.helper:
        text = release_words(fact)
        if text and not text.startswith("await "):
            verb = ReplaceCall(wrong.place, text)
            reason = "the connection stays open in the pool in place of being closed"
            return (FixPlan(f"write `{text}`", Applicability.UNSAFE, verb, reason),)
    return ()


def _around(fact: AcquireFact) -> tuple[FixPlan, ...]:
    """The `with` stays, since it ends the transaction; the release comes around it."""
    text = release_words(replace(fact, holder="{name}"))
    if not text or text.startswith("await ") or not (fact.pool_text or text.startswith("{name}.")):
        return ()
    verb = ReleaseAround(fact.place, text)
    return (FixPlan("release it in a `finally` around the `with`", Applicability.SAFE, verb),)


def _scoped(fact: AcquireFact, method: str, wrong: WrongRelease) -> FixPlan:
    """`with pool.connection()` commits as `with conn` does; where `with` closed, the connection now lives on."""
    verb = ReplaceCall(fact.place, f"{{receiver}}.{method}({{arguments}})", with_await=fact.used_in == "with-awaited")
    if wrong.kind == "with-transaction":
        return FixPlan(f"acquire it by `{method}()`", Applicability.SAFE, verb)
    reason = "the connection stays open in the pool in place of being closed"
    return FixPlan(f"acquire it by `{method}()`", Applicability.UNSAFE, verb, reason)


RULE = Rule(
    code="CPL104",
    name="wrong-release",
    severity=Severity.ERROR,
    since="0.1",
    doc=__doc__ or "",
    check=check,
    ladder="acquire-release",
    rank=1,
    fix="S/U",
)
