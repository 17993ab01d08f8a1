"""From a release at the end to one in `finally`."""

from __future__ import annotations

import textwrap

from poollint.model.fix import WrapInTry
from tests.unit.rewrite.bench import Bench, change, refusal

RELEASE = "pool.putconn(conn)"


def plan(bench: Bench, first: str = "cur", last: str = RELEASE) -> WrapInTry:
    return WrapInTry(bench.starting(first), bench.starting(last), bench.statement(RELEASE))


def block(text: str) -> str:
    return textwrap.dedent(text).lstrip("\n")


BEFORE = block('''
    def f(pool):
        conn = pool.getconn()
        # ask
        cur = conn.cursor()
        cur.execute("""
    select 1
    """)

        # give back
        pool.putconn(conn)  # always
        return 1
''')
AFTER = block('''
    def f(pool):
        conn = pool.getconn()
        try:
            # ask
            cur = conn.cursor()
            cur.execute("""
    select 1
    """)
        finally:
            # give back
            pool.putconn(conn)  # always
        return 1
''')


def test_comments_go_with_their_statements() -> None:
    assert change(BEFORE, plan) == AFTER


def test_the_range_may_end_in_front_of_the_release() -> None:
    assert change(BEFORE, lambda b: plan(b, last="cur.execute")) == AFTER


def test_tabs_and_crlf_stay() -> None:
    before = "if x:\r\n\tcur = 1\r\n\tpool.putconn(conn)\r\n"
    assert change(before, plan) == "if x:\r\n\ttry:\r\n\t\tcur = 1\r\n\tfinally:\r\n\t\tpool.putconn(conn)\r\n"


def test_an_awaited_release_moves_whole() -> None:
    before = "async def f():\n    cur = 1\n    await pool.release(\n        conn\n    )\n"
    after = "async def f():\n    try:\n        cur = 1\n    finally:\n"
    after += "        await pool.release(\n            conn\n        )\n"

    def verb(bench: Bench) -> WrapInTry:
        release = bench.starting("await pool")
        return WrapInTry(bench.starting("cur"), release, release)

    assert change(before, verb) == after


def test_a_release_that_was_missing_is_written() -> None:
    before = "def f():\n    conn = pool.getconn()\n    cur = 1\n    return cur"
    after = "def f():\n    conn = pool.getconn()\n    try:\n        cur = 1\n        return cur\n"
    after += "    finally:\n        pool.putconn(conn)"

    def verb(bench: Bench) -> WrapInTry:
        return WrapInTry(bench.starting("cur"), bench.starting("return"), None, RELEASE)

    assert change(before, verb) == after
    assert change(before + "\nx = 1\n", verb) == after + "\nx = 1\n"


def test_early_releases_fall_away() -> None:
    before = block("""
        def f():
            cur = 1
            if cur:
                pool.putconn(conn)
                return 2
            run()
            pool.putconn(conn)
    """)

    def verb(bench: Bench) -> WrapInTry:
        early, late = bench.statement(RELEASE, 1), bench.statement(RELEASE, 2)
        return WrapInTry(bench.starting("cur"), late, late, others=(early,))

    assert change(before, verb) == block("""
        def f():
            try:
                cur = 1
                if cur:
                    return 2
                run()
            finally:
                pool.putconn(conn)
    """)


def test_a_release_in_the_middle_is_refused() -> None:
    text = "cur = 1\npool.putconn(conn)\nrun()\n"
    assert refusal(text, lambda b: plan(b, last="run")) == "the release is not the last statement"


def test_a_release_in_another_block_is_refused() -> None:
    text = "cur = 1\nif cur:\n    pool.putconn(conn)\n"
    assert refusal(text, lambda b: plan(b, last="if")) == "the release is not in the same block"


def test_a_release_that_shares_its_line_is_refused() -> None:
    text = "cur = 1\npool.putconn(conn); run()\n"
    assert refusal(text, plan) == "several statements share the line"


def test_a_block_that_would_be_empty_is_refused() -> None:
    text = "cur = 1\nif cur:\n    pool.putconn(conn)\npool.putconn(conn)\n"

    def verb(bench: Bench) -> WrapInTry:
        early, late = bench.statement(RELEASE, 1), bench.statement(RELEASE, 2)
        return WrapInTry(bench.starting("cur"), late, late, others=(early,))

    assert refusal(text, verb) == "a block would be left empty"


def test_fmt_off_is_refused() -> None:
    assert refusal("# fmt: off\ncur = 1\npool.putconn(conn)\n", plan) == "`# fmt: off` holds the text as it is"


def test_decorators_are_tried_with_what_they_decorate() -> None:
    before = "@deco\ndef cur(): ...\npool.putconn(conn)\n"
    after = "try:\n    @deco\n    def cur(): ...\nfinally:\n    pool.putconn(conn)\n"
    assert change(before, lambda b: plan(b, first="def cur")) == after


def test_a_lone_try_gets_the_finally_itself() -> None:
    before = "def f():\n    try:\n        cur()\n    except E:\n        pass  # no\n        # none\n    done()\n"
    after = before.replace("    done()", "    finally:\n        pool.putconn(conn)\n    done()")
    assert change(before, lambda b: WrapInTry(b.starting("try"), b.starting("try"), None, RELEASE)) == after


def test_a_finally_that_only_released_goes_when_the_release_moves_out() -> None:
    before = "def f():\n    cur()\n    try:\n        run()\n    except E:\n        pass\n    finally:\n"
    before += "        pool.putconn(conn)\n"
    after = (
        "def f():\n    try:\n        cur()\n        try:\n            run()\n        except E:\n            pass\n"
        "    finally:\n        pool.putconn(conn)\n"
    )

    def verb(bench: Bench) -> WrapInTry:
        return WrapInTry(bench.starting("cur"), bench.starting("try"), None, RELEASE, (bench.statement(RELEASE),))

    assert change(before, verb) == after
