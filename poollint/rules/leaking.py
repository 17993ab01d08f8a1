"""Words and fix plans that the rules about unreleased connections share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from poollint.model.acquired import AcquireFact, Leak, Stretch
from poollint.model.facts import FileFacts, PoolImport
from poollint.model.finding import Confidence
from poollint.model.fix import Applicability, FixPlan, PullIntoTry, WrapInTry, WrapInWith
from poollint.model.library import Acquire
from poollint.model.value import Default, Known

LOSSLESS = ("returned", "closed")
NOT_KNOWN = PoolImport()
LAZY_READING = "rows that are read lazily afterwards would find the connection gone"


def connections(facts: FileFacts) -> Iterator[AcquireFact]:
    """Acquired connections and sessions; responses have a rule of their own."""
    return (fact for fact in facts.acquires if fact.returns != "response")


def subject(fact: AcquireFact) -> str:
    """ "the connection from `pool.getconn()`"."""
    return f"the {fact.returns} from `{fact.text}`"


def first(fact: AcquireFact, kinds: tuple[str, ...]) -> Leak | None:
    """The most certain leak of these kinds."""
    return next((leak for leak in fact.leaks if leak.kind in kinds), None)


def capped(fact: AcquireFact, confidence: Confidence) -> Confidence:
    """No more than medium where only the method's name says what it is; low where the code runs once a process, and
    so loses no more than one."""
    if runs_once(fact) and first(fact, ("loop", "overwritten")) is None:
        return Confidence.LOW
    return min(confidence, capped_medium(fact))


def capped_medium(fact: AcquireFact) -> Confidence:
    """High, or medium where only the method's name says what it is."""
    return Confidence.HIGH if fact.is_resolved else Confidence.MEDIUM


def runs_once(fact: AcquireFact) -> bool:
    """Whether the code runs once a process, as a script's `main` does."""
    return fact.runs is not None and fact.runs.frequency == "once"


def raising_step(leak: Leak) -> str:
    """ "`cursor.execute(...)` raises", the last thing of the story that went wrong; "" where nothing was called."""
    raising = [step for step in leak.steps if step.kind == "may-raise"]
    return raising[-1].text.removesuffix(" here") if raising else ""


# --- consequence and cure --------------------------------------------------------------------------


def why(fact: AcquireFact) -> str:
    """What comes of it, by what the library does when nothing is left."""
    if fact.returns == "session":
        return "its pooled connection stays held until the garbage collector finds the session"
    if fact.returns == "response" and fact.acquire.dropped != "leaked":
        return "its connection stays open until the garbage collector finds the response"
    if not fact.acquire.methods:
        return "each one stays open on the server until the garbage collector finds it, or the server refuses new ones"
    times = _times(fact)
    match fact.acquire.exhausted:
        case "raises":
            return f"{times} the pool is empty and `{fact.text}` raises"
        case "waits":
            wait = fact.acquire.wait_seconds
            seconds = f"{wait:g} s" if wait is not None else "its timeout"
            return f"{times} the pool is empty: every caller waits {seconds} and then fails"
        case "waits-forever":
            return f"{times} the pool is empty and every caller waits for ever"
    return "each one is lost to the pool, which opens another in its place"


def _times(fact: AcquireFact) -> str:
    limit = fact.limit
    if isinstance(limit, (Known, Default)) and isinstance(limit.value, int) and limit.value > 0:
        return f"after {limit.value} such call{'s' if limit.value > 1 else ''}"
    return "after some such calls"


def cure(fact: AcquireFact) -> str:
    """What to write instead."""
    holder = fact.holder or ("response" if fact.returns == "response" else "conn")
    word = "with" if fact.acquire.sync else "async with"
    if enters_cleanly(fact):
        return f"write `{word} {_unawaited(fact)} as {holder}:`"
    other = scoped_method(fact)
    if other:
        return f"write `{word} {fact.pool_text or 'pool'}.{other}() as {holder}:`"
    if fact.acquire.closing == "releases" and fact.acquire.sync:
        return f"write `with contextlib.closing({fact.text}) as {holder}:`"
    text = release_words(fact)
    return f"release it in a `finally`: `{text}`" if text else "release it in a `finally`"


def release_words(fact: AcquireFact) -> str:
    """The call that releases it, as text."""
    holder = fact.holder or ("response" if fact.returns == "response" else "conn")
    for release in fact.acquire.release:
        if release.until_next_use or release.when or release.reads:
            continue
        awaited = "await " if release.awaited == "must" else ""
        if release.on == "self":
            return f"{awaited}{holder}.{release.method}()"
        return f"{awaited}{fact.pool_text or 'pool'}.{release.method}({holder})"
    return ""


def enters_cleanly(fact: AcquireFact) -> bool:
    """Whether `with` on the acquire releases and does nothing else."""
    acquire = fact.acquire
    means = acquire.context_awaited if acquire.awaited == "must" else acquire.context
    if means != "releases" or acquire.commits or acquire.context_since:
        return False
    if fact.returns == "connection" and not acquire.methods:
        return False
    return not (fact.helper and acquire.awaited != "no")


def scoped_method(fact: AcquireFact) -> str:
    """The method of the same pool whose `with` releases (`connection()` beside `getconn()`), or ""."""
    other = scoped_acquire(fact)
    return other.methods[0] if other is not None else ""


def scoped_acquire(fact: AcquireFact) -> Acquire | None:
    """The acquire of that method."""
    for other in fact.library.acquires:
        is_alike = other.returns == fact.acquire.returns and other.sync == fact.acquire.sync
        if is_alike and set(other.on) & set(fact.acquire.on) and other.context == "releases" and other.methods:
            return other if other is not fact.acquire and not fact.helper else None
    return None


def _unawaited(fact: AcquireFact) -> str:
    return f"await {fact.text}" if fact.acquire.awaited == "must" else fact.text


# --- plans -----------------------------------------------------------------------------------------


def plans(fact: AcquireFact, pool: PoolImport = NOT_KNOWN) -> tuple[FixPlan, ...]:
    """Ways to release on every path, best first; none where the acquire's shape leaves a doubt."""
    stretch = fact.stretch
    if stretch is None or (fact.acquire.keyed and not fact.text.endswith("()")):
        # the same key gives the same connection to others as well
        return ()
    if stretch.joins is not None:
        return (_pull(stretch),)
    if stretch.from_final:
        verb = WrapInTry(stretch.first, stretch.last, None, stretch.text, stretch.others)
        return (FixPlan("release it in a `finally` around all of it", Applicability.SAFE, verb),)
    has_release = stretch.release is not None or bool(stretch.others)
    # Whatever has to do with a response is read inside: nothing is left that could be read too late.
    is_whole = stretch.release is not None or (fact.returns == "response" and not has_release)
    level = Applicability.SAFE if is_whole else Applicability.UNSAFE
    reason = "" if level is Applicability.SAFE else LAZY_READING if not has_release else "the releases move to the end"
    found: list[FixPlan] = []
    if enters_cleanly(fact):
        found.append(FixPlan(_with_title(fact), level, _wrap_in_with(fact, stretch), reason))
    if has_release or stretch.text:
        verb = WrapInTry(
            stretch.first,
            stretch.last,
            stretch.release,
            "" if stretch.release is not None else stretch.text,
            stretch.others,
        )
        if stretch.release is not None or stretch.text:
            found.append(FixPlan("release it in a `finally`", level, verb, reason))
    toward_pool = _borrow(fact, stretch, pool, level, reason)
    if toward_pool is None:
        return tuple(found)
    return (toward_pool, *found) if pool.is_known or not found else (*found, toward_pool)


def _pull(stretch: Stretch) -> FixPlan:
    """What lies between the acquire and its `try` moves in."""
    verb = PullIntoTry(stretch.first, stretch.joins or stretch.last)
    level = Applicability.SAFE if stretch.only_releases else Applicability.UNSAFE
    reason = "" if stretch.only_releases else "what else stands in the `finally` then runs in more cases"
    return FixPlan("begin the `try` right behind the acquire", level, verb, reason)


def _borrow(
    fact: AcquireFact, stretch: Stretch, pool: PoolImport, level: Applicability, reason: str
) -> FixPlan | None:
    """`with borrow(pool) as conn:`; None where the library has better, or the acquire asks for something by arguments.

    Best where its import is known to be there; else behind the library's own way."""
    if not fact.acquire.borrow or fact.helper or not fact.text.endswith("()"):
        return None
    name = f"{pool.module}.{'borrow' if fact.acquire.sync else 'aborrow'}"
    verb = replace(_wrap_in_with(fact, stretch), entered=f"{{{name}}}({{receiver}})", keeps_await=False)
    if not pool.is_known:
        level, reason = Applicability.UNSAFE, f"`{pool.module}` is not known to be installed where this runs"
    return FixPlan(f"write `{_with_borrow(fact)}`", level, verb, reason, (name,), target="reference")


def _with_borrow(fact: AcquireFact) -> str:
    word, name = ("with", "borrow") if fact.acquire.sync else ("async with", "aborrow")
    return f"{word} {name}({fact.pool_text}) as {fact.holder}:"


def _with_title(fact: AcquireFact) -> str:
    return f"acquire it in {'a `with`' if fact.acquire.sync else 'an `async with`'}"


def _wrap_in_with(fact: AcquireFact, stretch: Stretch) -> WrapInWith:
    releases = (*stretch.others, *((stretch.release,) if stretch.release is not None else ()))
    return WrapInWith(
        stretch.bind,
        stretch.last,
        releases,
        is_async=not fact.acquire.sync,
        keeps_await=fact.acquire.awaited == "must",
    )
