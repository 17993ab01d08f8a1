"""A streamed HTTP response is neither read to its end nor closed on some path.

## What it does
Follows every response whose body is not fetched at once (`stream=True`, `preload_content=False`, an awaited
`session.get()` of aiohttp outside `async with`) along all paths of the function. It holds a connection until its body
is read to the end or it is closed. Found are early returns, a status check that raises, a loop over its chunks that is
left by `break`, a response of which only the status or the headers are looked at.

## Why it matters
The connection of such a response goes back to its pool when the garbage collector gets to it, if at all: an exception
keeps it alive with its traceback, a reference cycle for longer. httpx never takes it back, so that the client ends in
`PoolTimeout`; a urllib3 pool that blocks waits for ever; aiohttp complains of an unclosed connection.

## Bad
```python
import requests


def download(url, path):
    response = requests.get(url, stream=True, timeout=10)
    response.raise_for_status()
    with open(path, "wb") as file:
        for chunk in response.iter_content(65536):
            file.write(chunk)
```

## Good
```python
import requests


def download(url, path):
    with requests.get(url, stream=True, timeout=10) as response:
        response.raise_for_status()
        with open(path, "wb") as file:
            for chunk in response.iter_content(65536):
                file.write(chunk)
```

## Fix
Safe: all that has to do with the response moves into `with`, where it is a context manager, else into `try` with its
close in `finally`.

## Not flagged
A response that is read to its end: by its own methods and attributes, a loop over its chunks that is not left early,
its file object read without a size or turn by turn, `shutil.copyfileobj`. One that is returned, yielded, kept, or
handed to code out of sight. A failing read, which closes it; `raise_for_status()` of aiohttp, which releases it. One
whose client's own block ends. A body that is fetched at once.

## References
- https://requests.readthedocs.io/en/latest/user/advanced/#body-content-workflow
- https://urllib3.readthedocs.io/en/stable/advanced-usage.html#streaming-and-i-o
- https://www.python-httpx.org/async/#streaming-responses
- https://docs.aiohttp.org/en/stable/client_reference.html#aiohttp.ClientResponse.release
"""

from __future__ import annotations

from collections.abc import Iterator

from poollint.model.acquired import AcquireFact, Leak
from poollint.model.facts import FileFacts
from poollint.model.finding import Confidence, Severity, Verdict
from poollint.model.rule import Rule
from poollint.rules.leaking import LOSSLESS, capped, cure, first, plans, raising_step, runs_once, subject, why

NORMAL = ("dropped", "overwritten", "deleted", "loop", "return", "end")
EXCEPTIONAL = ("raise", "strong", "weak")


def check(facts: FileFacts) -> Iterator[Verdict]:
    for fact in facts.acquires:
        leak = first(fact, NORMAL + EXCEPTIONAL) if fact.returns == "response" else None
        if leak is not None:
            yield _verdict(fact, leak)


def _verdict(fact: AcquireFact, leak: Leak) -> Verdict:
    return Verdict(
        code=RULE.code,
        place=fact.place,
        message=_message(fact, leak),
        confidence=_confidence(fact, leak),
        steps=leak.steps,
        why=why(fact),
        help=cure(fact),
        plans=plans(fact) if leak.kind in ("return", "end", *EXCEPTIONAL) else (),
    )


def _message(fact: AcquireFact, leak: Leak) -> str:
    what = subject(fact)
    match leak.kind:
        case "dropped":
            return f"{what} is dropped, neither read to its end nor closed"
        case "overwritten" | "deleted" | "loop":
            return f"{what} is neither read to its end nor closed before its name gets another value"
        case "return" | "end":
            return f"{what} is neither read to its end nor closed{_way(leak)}"
        case "raise":
            return f"{what} is not closed on a `raise`"
    return f"{what} is not closed if {raising_step(leak)}"


def _way(leak: Leak) -> str:
    """Branches on the way tell that there are others."""
    if any(step.kind == "note" for step in leak.steps):
        return " on an early return" if leak.kind == "return" else " on one way to the end"
    return ""


def _confidence(fact: AcquireFact, leak: Leak) -> Confidence:
    if leak.kind == "weak" or runs_once(fact):
        return Confidence.LOW
    is_sure = leak.kind != "strong" and fact.acquire.dropped not in LOSSLESS
    return capped(fact, Confidence.HIGH if is_sure else Confidence.MEDIUM)


RULE = Rule(
    code="CPL109",
    name="response-not-released",
    severity=Severity.WARNING,
    since="0.1",
    doc=__doc__ or "",
    check=check,
    fix="S",
)
