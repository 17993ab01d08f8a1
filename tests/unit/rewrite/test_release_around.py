"""A `with` that ends only the transaction, with a release around it."""

from __future__ import annotations

import pytest

from poollint.model.fix import ReleaseAround
from tests.unit.rewrite.bench import Bench, change, refusal


def verb(bench: Bench) -> ReleaseAround:
    return ReleaseAround(bench.call("pool.getconn()"), "{receiver}.putconn({name})")


def test_the_acquire_comes_first_and_the_release_last() -> None:
    before = "def f():\n    with pool.getconn() as conn:  # ours\n"
    before += '        run(conn, """\nx""")\n        # end\n    done()\n'
    assert change(before, verb) == (
        "def f():\n"
        "    conn = pool.getconn()\n"
        "    try:\n"
        "        with conn:  # ours\n"
        '            run(conn, """\nx""")\n'
        "            # end\n"
        "    finally:\n"
        "        pool.putconn(conn)\n"
        "    done()\n"
    )


def test_tabs_crlf_and_no_final_newline() -> None:
    before = "if x:\r\n\twith pool.getconn() as conn:\r\n\t\trun(conn)"
    after = "if x:\r\n\tconn = pool.getconn()\r\n\ttry:\r\n\t\twith conn:\r\n\t\t\trun(conn)\r\n"
    after += "\tfinally:\r\n\t\tpool.putconn(conn)"
    assert change(before, verb) == after


def test_parentheses_around_the_items_go() -> None:
    before = "with (\n    pool.getconn() as conn,\n):\n    run(conn)\n"
    after = "conn = pool.getconn()\ntry:\n    with conn:\n        run(conn)\nfinally:\n    pool.putconn(conn)\n"
    assert change(before, verb) == after


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("with pool.getconn() as conn: run(conn)\n", "it does not stand in a `with` block"),
        ("conn = pool.getconn()\n", "it does not stand in a `with` block"),
        ("with pool.getconn():\n    run()\n", "it is not bound to one plain name"),
        ("with pool.getconn() as conn, x:\n    run()\n", "the `with` enters more than the acquire"),
        ("with x(pool.getconn()) as conn:\n    run()\n", "the `with` enters more than the acquire"),
        ("with (  # why\n    pool.getconn() as conn\n):\n    run()\n", "a comment would be lost"),
        (
            "with pool.getconn() as conn:\n    run(conn)\nrun(conn)\n",
            "`conn` is still used behind the block",
        ),
        (
            "for i in x:\n    late(conn)\n    with pool.getconn() as conn:\n        run(conn)\n",
            "`conn` is still used behind the block",
        ),
        (
            "def f():\n    if x:\n        with pool.getconn() as conn:\n            run(conn)\n    return conn\n",
            "`conn` is still used behind the block",
        ),
        ("# fmt: off\nwith pool.getconn() as conn:\n    run()\n", "`# fmt: off` holds the text as it is"),
    ],
)
def test_another_shape_is_refused(text: str, reason: str) -> None:
    assert refusal(text, verb) == reason


def test_the_same_name_may_be_bound_again_behind_it() -> None:
    again = "    with other.getconn() as conn:\n        run(conn)\n    conn = 1\n    run(conn)\n"
    before = f"def f():\n    with pool.getconn() as conn:\n        run(conn)\n{again}"
    after = "def f():\n    conn = pool.getconn()\n    try:\n        with conn:\n            run(conn)\n"
    assert change(before, verb) == f"{after}    finally:\n        pool.putconn(conn)\n{again}"
