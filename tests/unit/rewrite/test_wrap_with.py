"""From acquire and release to a `with` block, in every way that such code is written."""

from __future__ import annotations

import textwrap

import pytest

from poollint.model.fix import WrapInWith
from tests.unit.rewrite.bench import Bench, change, refusal


def plan(
    bench: Bench,
    bind: str = "conn = pool.getconn()",
    last: str = "pool.putconn(conn)",
    releases: tuple[str, ...] = ("pool.putconn(conn)",),
    is_async: bool = False,
    entered: str = "",
    keeps_await: bool = False,
) -> WrapInWith:
    places = tuple(bench.statement(text) for text in releases)
    return WrapInWith(bench.statement(bind), bench.starting(last), places, is_async, entered, keeps_await)


def block(text: str) -> str:
    return textwrap.dedent(text).lstrip("\n")


PLAIN = block("""
    def f(pool):
        conn = pool.getconn()  # ours
        cur = conn.cursor()

        # ask
        for row in cur.execute(
            "select 1",
        ):
            print(row)  # seen

        pool.putconn(conn)
        return 1
""")


def test_the_block_moves_and_the_release_goes() -> None:
    assert change(PLAIN, plan) == block("""
        def f(pool):
            with pool.getconn() as conn:  # ours
                cur = conn.cursor()

                # ask
                for row in cur.execute(
                    "select 1",
                ):
                    print(row)  # seen
            return 1
    """)


def test_tabs_and_crlf_stay() -> None:
    before = "def f(pool):\r\n\tconn = pool.getconn()\r\n\tif conn:\r\n\t\trun(conn)\r\n\tpool.putconn(conn)\r\n"
    after = "def f(pool):\r\n\twith pool.getconn() as conn:\r\n\t\tif conn:\r\n\t\t\trun(conn)\r\n"
    assert change(before, plan) == after


def test_two_spaces_stay_two() -> None:
    before = "def f(pool):\n  conn = pool.getconn()\n  run(conn)\n  pool.putconn(conn)\n"
    assert change(before, plan) == "def f(pool):\n  with pool.getconn() as conn:\n    run(conn)\n"


def test_the_inside_of_a_string_is_not_moved() -> None:
    before = block('''
        conn = pool.getconn()
        conn.execute("""
        select 1
            from t
        """, f"""
        {conn}
        """)
        pool.putconn(conn)
    ''')
    assert change(before, plan) == block('''
        with pool.getconn() as conn:
            conn.execute("""
        select 1
            from t
        """, f"""
        {conn}
        """)
    ''')


def test_continued_lines_move_with_their_statement() -> None:
    before = "conn = pool.getconn()\nx = 1 + \\\n    2\nrun(conn,\n  x)\npool.putconn(conn)\n"
    after = "with pool.getconn() as conn:\n    x = 1 + \\\n        2\n    run(conn,\n      x)\n"
    assert change(before, plan) == after


def test_a_value_of_several_lines_is_the_header() -> None:
    before = "conn = (\n    pool.getconn()\n)\nrun(conn)\npool.putconn(conn)\n"
    after = "with (\n    pool.getconn()\n) as conn:\n    run(conn)\n"
    assert change(before, lambda b: plan(b, bind="conn = (\n    pool.getconn()\n)")) == after


def test_the_comment_of_the_release_stays_as_a_line() -> None:
    before = "conn = pool.getconn()\nrun(conn)\npool.putconn(conn)  # give back\ndone()\n"
    assert change(before, plan) == "with pool.getconn() as conn:\n    run(conn)\n# give back\ndone()\n"


def test_a_word_to_a_tool_goes_with_the_release() -> None:
    before = "conn = pool.getconn()\nrun(conn)\npool.putconn(conn)  # noqa: X1\n"
    assert change(before, plan) == "with pool.getconn() as conn:\n    run(conn)\n"


def test_releases_in_branches_and_handlers_go_too() -> None:
    before = block("""
        def f(pool):
            conn = pool.getconn()
            if bad:
                pool.putconn(conn)
                return None
            try:
                run(conn)
            except OSError:
                pool.putconn(conn)
            rows = conn.all()
            pool.putconn(conn)
            return rows
    """)

    def verb(bench: Bench) -> WrapInWith:
        releases = tuple(bench.statement("pool.putconn(conn)", nth) for nth in (1, 2, 3))
        return WrapInWith(bench.statement("conn = pool.getconn()"), releases[2], releases, False)

    assert change(before, verb) == block("""
        def f(pool):
            with pool.getconn() as conn:
                if bad:
                    return None
                try:
                    run(conn)
                except OSError:
                    pass
                rows = conn.all()
            return rows
    """)


TRY = block("""
    def f(pool):
        conn = pool.getconn()
        try:
            # ask
            return conn.all()
        finally:
            pool.putconn(conn)
""")


def test_a_try_that_only_released_falls_away() -> None:
    assert change(TRY, lambda b: plan(b, last="try")) == block("""
        def f(pool):
            with pool.getconn() as conn:
                # ask
                return conn.all()
    """)


def test_a_try_with_handlers_stays() -> None:
    before = TRY.replace("    finally", "    except OSError:\n        conn.rollback()\n    finally")
    assert change(before, lambda b: plan(b, last="try")) == block("""
        def f(pool):
            with pool.getconn() as conn:
                try:
                    # ask
                    return conn.all()
                except OSError:
                    conn.rollback()
    """)


def test_a_finally_with_more_to_do_stays() -> None:
    before = TRY.replace("        pool.put", "        log()\n        pool.put")
    assert change(before, lambda b: plan(b, last="try")).endswith("        finally:\n            log()\n")


def test_the_await_goes_into_async_with() -> None:
    before = "async def f(pool):\n    conn = await pool.acquire()\n    await run(conn)\n    await pool.release(conn)\n"
    release = "await pool.release(conn)"
    result = change(before, lambda b: plan(b, "conn = await pool.acquire()", release, (release,), is_async=True))
    assert result == "async def f(pool):\n    async with pool.acquire() as conn:\n        await run(conn)\n"


def test_the_await_is_kept_where_it_makes_the_connection() -> None:
    before = "async def f():\n    conn = await connect()\n    await run(conn)\n"

    def verb(bench: Bench) -> WrapInWith:
        return plan(bench, "conn = await connect()", "await run", (), is_async=True, keeps_await=True)

    assert change(before, verb) == "async def f():\n    async with await connect() as conn:\n        await run(conn)\n"


def test_another_text_is_entered_with_its_import() -> None:
    before = "import contextlib\n\nconn = pool.getconn(1)\nrun(conn)\n"

    def verb(bench: Bench) -> WrapInWith:
        entered = "{contextlib.closing}({receiver}.raw({arguments}))"
        return plan(bench, "conn = pool.getconn(1)", "run", (), entered=entered)

    result = change(before, verb, "contextlib.closing")
    assert result == "import contextlib\n\nwith contextlib.closing(pool.raw(1)) as conn:\n    run(conn)\n"


def test_the_last_statement_may_be_named_by_what_is_inside_it() -> None:
    before = "conn = pool.getconn()\nfor x in y:\n    run(conn)\n    # deep\ndone()\n"
    result = change(before, lambda b: plan(b, last="run", releases=()))
    assert result == "with pool.getconn() as conn:\n    for x in y:\n        run(conn)\n        # deep\ndone()\n"


def test_decorated_definitions_move_whole() -> None:
    before = "conn = pool.getconn()\n@deco(\n    1\n)\ndef g():\n    return conn\npool.putconn(conn)\n"
    after = "with pool.getconn() as conn:\n    @deco(\n        1\n    )\n    def g():\n        return conn\n"
    assert change(before, plan) == after


def test_a_file_without_final_newline() -> None:
    before = "conn = pool.getconn()\nrun(conn)\npool.putconn(conn)"
    assert change(before, plan) == "with pool.getconn() as conn:\n    run(conn)\n"


REFUSED = {
    "conn = pool.getconn(); run(conn)\npool.putconn(conn)\n": "several statements share the line",
    "conn = pool.getconn()\nrun(conn)\npool.putconn(conn); done()\n": "several statements share the line",
    "if x: conn = pool.getconn()\nrun(conn)\npool.putconn(conn)\n":
        "the statement shares a line with its block's header",
    "conn = pool.getconn()\nif x: pool.putconn(conn)\n": "the statement shares a line with its block's header",
    "conn = pool.getconn()\npool.putconn(conn)\n": "nothing is done between acquire and release",
    "conn = pool.getconn()\nrun(conn)\nif x:\n    pool.putconn(conn)\n":
        "the release stands behind a check of its own",
    "# fmt: off\nconn = pool.getconn()\nrun(conn)\npool.putconn(conn)\n": "`# fmt: off` holds the text as it is",
    "conn = pool.getconn()\nrun(conn)\n# fmt: off\npool.putconn(conn)\n": "`# fmt: off` holds the text as it is",
    "conn = pool.getconn()\n\x0c# page\nrun(conn)\npool.putconn(conn)\n": "a form feed stands in front of a line",
    "def f():\n    conn = pool.getconn()\n    run(conn)\npool.putconn(conn)\n":
        "the two statements are not in one block",
    "conn = pool.getconn()\ntry:  # hold\n    run(conn)\nfinally:\n    pool.putconn(conn)\n": "a comment would be lost",
}  # fmt: skip


@pytest.mark.parametrize("before", REFUSED)
def test_text_that_cannot_be_wrapped_is_refused(before: str) -> None:
    def verb(bench: Bench) -> WrapInWith:
        return plan(bench)

    assert refusal(before, verb) == REFUSED[before]


@pytest.mark.parametrize(
    ("bind", "reason"),
    [
        ("a = conn = pool.getconn()", "it is not bound to one plain name"),
        ("self.conn = pool.getconn()", "it is not bound to one plain name"),
        ("conn = pool.getconn() or None", "what is bound is not a call"),
        ("conn: C = pool.getconn()", "what stands there is not an assignment"),
    ],
)
def test_a_binding_of_another_shape_is_refused(bind: str, reason: str) -> None:
    text = f"{bind}\nrun(conn)\npool.putconn(conn)\n"
    assert refusal(text, lambda b: plan(b, bind=bind)) == reason


def test_async_with_needs_an_async_function() -> None:
    text = "def f():\n    conn = pool.getconn()\n    run(conn)\n    pool.putconn(conn)\n"
    assert refusal(text, lambda b: plan(b, is_async=True)) == "the function around it is not async"


@pytest.mark.parametrize(
    "between", ["conn = other()", "a, conn = other()", "for conn in x: pass", "with a as conn: pass", "(conn := 1)"]
)
def test_a_name_that_changes_hands_is_refused(between: str) -> None:
    text = f"conn = pool.getconn()\nif x:\n    {between}\npool.putconn(conn)\n"
    assert refusal(text, plan) == "`conn` gets another value in between"


@pytest.mark.parametrize("behind", ["print(conn)", "def f(): return conn", "conn = conn.more()"])
def test_a_use_behind_the_block_is_refused(behind: str) -> None:
    text = f"conn = pool.getconn()\nrun(conn)\npool.putconn(conn)\n{behind}\n"
    assert refusal(text, plan) == "`conn` is still used behind the block"


def test_the_same_name_for_the_next_connection_is_no_use() -> None:
    before = "conn = pool.getconn()\nrun(conn)\npool.putconn(conn)\nconn = pool.getconn()\nrun(conn)\n"
    assert change(before, plan) == "with pool.getconn() as conn:\n    run(conn)\nconn = pool.getconn()\nrun(conn)\n"
