"""Awaits, calls written anew, and calls handed to a thread."""

from __future__ import annotations

import libcst as cst
import pytest

from poollint.model.fix import CallThrough, InsertAwait, RemoveAwait, ReplaceCall
from poollint.model.span import Place
from tests.unit.rewrite.bench import Bench, change, refusal


def in_async(line: str) -> str:
    return f"async def work(pool):\n    {line}\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("pool.release(c)", "await pool.release(c)"),
        ("return pool.release(c)", "return await pool.release(c)"),
        ("x = (pool.release(c))", "x = (await pool.release(c))"),
        ("x = pool.release(c).rows", "x = (await pool.release(c)).rows"),
        ("x = pool.release(c)[0]", "x = (await pool.release(c))[0]"),
        ("x = pool.release(c)()", "x = (await pool.release(c))()"),
        ("x = (pool.release(c)).rows", "x = (await pool.release(c)).rows"),
        ("f(pool.release(c), 1)", "f(await pool.release(c), 1)"),
        ("x = not pool.release(c)", "x = not await pool.release(c)"),
        ("x = [pool.release(c) for c in cs]", "x = [await pool.release(c) for c in cs]"),
    ],
)
def test_an_await_is_inserted(before: str, after: str) -> None:
    result = change(in_async(before), lambda bench: InsertAwait(bench.call("pool.release(c)")))
    assert result == in_async(after)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (in_async("await pool.release(c)"), "it is awaited already"),
        ("def work():\n    pool.release(c)\n", "the function around it is not async"),
        ("pool.release(c)\n", "the function around it is not async"),
        (in_async("f = lambda: pool.release(c)"), "the function around it is not async"),
        (in_async("def inner():\n        pool.release(c)"), "the function around it is not async"),
        (
            in_async("x = sum(pool.release(c) for c in cs)"),
            "it stands in a generator, which an `await` would make async",
        ),
        (in_async("x = f'{pool.release(c)}'"), "it stands inside an f-string"),
    ],
)
def test_an_await_that_cannot_stand_there_is_refused(text: str, reason: str) -> None:
    assert refusal(text, lambda bench: InsertAwait(bench.call("pool.release(c)"))) == reason


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("async with await pool.acquire() as c: pass", "async with pool.acquire() as c: pass"),
        ("async with (await pool.acquire()) as c: pass", "async with (pool.acquire()) as c: pass"),
        ("return await  pool.acquire()", "return pool.acquire()"),
        ("return(await pool.acquire())", "return(pool.acquire())"),
        ("x = (await\n        pool.acquire())", "x = (pool.acquire())"),
        ("x = await (pool.acquire())", "x = (pool.acquire())"),
    ],
)
def test_an_await_is_removed(before: str, after: str) -> None:
    def verb(bench: Bench) -> RemoveAwait:
        nodes = bench.ground.lowered.nodes["work"]
        ordinal = next(i for i, node in enumerate(nodes) if isinstance(node, cst.Await))
        return RemoveAwait(Place("app.py", "work", ordinal))

    assert change(in_async(before), verb) == in_async(after)


def test_an_await_with_a_comment_behind_it_is_refused() -> None:
    text = in_async("x = (await  # wait\n        pool.acquire())")
    nodes = Bench(text).ground.lowered.nodes["work"]
    ordinal = next(i for i, node in enumerate(nodes) if isinstance(node, cst.Await))
    assert refusal(text, lambda _: RemoveAwait(Place("app.py", "work", ordinal))) == "a comment would be lost"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("with pool.getconn() as c: pass", "with pool.connection() as c: pass"),
        ("with pool.getconn(\n        timeout=3,  # s\n    ) as c: pass",
         "with pool.connection(\n        timeout=3,  # s\n    ) as c: pass"),
        ("with (self.pool).getconn(1) as c: pass", "with (self.pool).connection(1) as c: pass"),
    ],
)  # fmt: skip
def test_a_call_is_written_anew_from_its_parts(before: str, after: str) -> None:
    def verb(bench: Bench) -> ReplaceCall:
        nodes = bench.ground.lowered.nodes["<module>"]
        ordinal = next(i for i, node in enumerate(nodes) if isinstance(node, cst.Call))
        return ReplaceCall(Place("app.py", "<module>", ordinal), "{receiver}.connection({arguments})")

    assert change(before + "\n", verb) == after + "\n"


def test_the_await_of_a_call_is_replaced_with_it() -> None:
    text = in_async("await conn.close()")
    result = change(text, lambda b: ReplaceCall(b.call("conn.close()"), "pool.release({receiver})", with_await=True))
    assert result == in_async("pool.release(conn)")


def test_a_call_is_not_rewritten_where_a_comment_would_be_lost() -> None:
    text = "x = pool.getconn(\n    1,  # key\n)\n"
    reason = refusal(text, lambda b: ReplaceCall(b.call(text[4:-1]), "{receiver}.connection()"))
    assert reason == "a comment would be lost"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("requests.get(url, timeout=3)", "await asyncio.to_thread(requests.get, url, timeout=3)"),
        ("session.commit()", "await asyncio.to_thread(session.commit)"),
        ("x = requests.get(url).json()", "x = (await asyncio.to_thread(requests.get, url)).json()"),
        ("x = requests.get(\n        url,  # where\n    )",
         "x = await asyncio.to_thread(\n        requests.get,\n        url,  # where\n    )"),
        ("requests.get(  # where\n        url)", "await asyncio.to_thread(requests.get,  # where\n        url)"),
        ("return make(pool).get(*a, **k)", "return await asyncio.to_thread(make(pool).get, *a, **k)"),
    ],
)  # fmt: skip
def test_a_blocking_call_goes_through_a_thread(before: str, after: str) -> None:
    def verb(bench: Bench) -> CallThrough:
        nodes = bench.ground.lowered.nodes["work"]
        blocking = ("get", "commit")
        ordinal = next(i for i, n in enumerate(nodes) if isinstance(n, cst.Call)
                       and isinstance(n.func, cst.Attribute) and n.func.attr.value in blocking)  # fmt: skip
        place = bench.place(bench.ground.code(bench.ground.span(nodes[ordinal])), cst.Call)
        return CallThrough(place, "{asyncio}.to_thread")

    assert change("import asyncio\n" + in_async(before), verb, "asyncio") == "import asyncio\n" + in_async(after)


def test_the_import_is_spelled_as_the_file_does() -> None:
    text = "import asyncio as aio\n" + in_async("requests.get(url)")
    result = change(text, lambda b: CallThrough(b.call("requests.get(url)"), "{asyncio}.to_thread"), "asyncio")
    assert result == "import asyncio as aio\n" + in_async("await aio.to_thread(requests.get, url)")


def test_a_missing_import_is_added() -> None:
    result = change(
        in_async("requests.get(url)"),
        lambda b: CallThrough(b.call("requests.get(url)"), "{asyncio}.to_thread"),
        "asyncio",
    )
    assert result == "import asyncio\n\n" + in_async("await asyncio.to_thread(requests.get, url)")


def test_a_name_that_means_something_else_is_not_imported_over() -> None:
    text = "asyncio = None\n" + in_async("requests.get(url)")
    reason = refusal(text, lambda b: CallThrough(b.call("requests.get(url)"), "{asyncio}.to_thread"), "asyncio")
    assert reason == "`asyncio` means something else in this file"
