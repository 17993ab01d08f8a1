"""An import is added once, where a reader expects it."""

from __future__ import annotations

import pytest

from poollint.engine.apply import edit_text
from poollint.rewrite.imports import import_edits, spelling
from poollint.syntax.source import Source


def imported(text: str, *names: str) -> str:
    return edit_text(text, import_edits(Source("app.py", text.encode()), names))


CASES = [
    ("", "asyncio", "import asyncio\n"),
    ("x = 1\n", "asyncio", "import asyncio\n\nx = 1\n"),
    ("#!/usr/bin/python\n# mine\n\nx = 1\n", "asyncio", "#!/usr/bin/python\n# mine\n\nimport asyncio\n\nx = 1\n"),
    ('"""Doc."""\nx = 1\n', "asyncio", '"""Doc."""\n\nimport asyncio\n\nx = 1\n'),
    ('"""Doc."""', "asyncio", '"""Doc."""\n\nimport asyncio\n'),
    ('"""Doc."""\nfrom __future__ import annotations\nx = 1\n', "asyncio",
     '"""Doc."""\nfrom __future__ import annotations\n\nimport asyncio\n\nx = 1\n'),
    ("from __future__ import annotations\n\nimport os\nimport redis\n", "asyncio",
     "from __future__ import annotations\n\nimport asyncio\nimport os\nimport redis\n"),
    ("import os\n\nimport redis\n\nx = 1\n", "poollint.pool.borrow",
     "import os\n\nimport redis\nfrom poollint.pool import borrow\n\nx = 1\n"),
    ("from contextlib import suppress\n", "contextlib.closing", "from contextlib import suppress, closing\n"),
    ("from contextlib import suppress  # quiet\n", "contextlib.closing",
     "from contextlib import suppress, closing  # quiet\n"),
    ("from contextlib import (\n    suppress,\n)\n", "contextlib.closing",
     "from contextlib import (\n    suppress,\n    closing,\n)\n"),
    ("from contextlib import (suppress)\n", "contextlib.closing", "from contextlib import (suppress, closing)\n"),
    ("from contextlib import suppress as closer\n", "contextlib.closing",
     "from contextlib import suppress as closer, closing\n"),
    ("import redis\n", "asyncio", "import asyncio\n\nimport redis\n"),
    ("import os\n", "poollint.pool.borrow", "import os\n\nfrom poollint.pool import borrow\n"),
    ("import os\r\n", "asyncio", "import asyncio\r\nimport os\r\n"),
    ("import redis", "poollint.pool.borrow", "import redis\nfrom poollint.pool import borrow\n"),
    ("try:\n    import x\nexcept ImportError:\n    x = None\n", "asyncio",
     "import asyncio\n\ntry:\n    import x\nexcept ImportError:\n    x = None\n"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "name", "after"), CASES)
def test_an_import_goes_to_the_others(before: str, name: str, after: str) -> None:
    assert imported(before, name) == after


@pytest.mark.parametrize(("before", "name"), [(before, name) for before, name, _ in CASES])
def test_it_is_added_once(before: str, name: str) -> None:
    once = imported(before, name, name)
    assert imported(once, name) == once


def test_names_of_one_module_share_a_line() -> None:
    assert imported("", "a.b.one", "a.b.two") == "from a.b import one, two\n"


@pytest.mark.parametrize(
    ("text", "name", "spelled"),
    [
        ("import asyncio\n", "asyncio", "asyncio"),
        ("import asyncio as aio\n", "asyncio", "aio"),
        ("import asyncio.events\n", "asyncio", "asyncio"),
        ("from contextlib import closing\n", "contextlib.closing", "closing"),
        ("from contextlib import closing as c\n", "contextlib.closing", "c"),
        ("import contextlib as cl\n", "contextlib.closing", "cl.closing"),
        ("from poollint import pool\n", "poollint.pool.borrow", "pool.borrow"),
        ("import poollint.pool\n", "poollint.pool.borrow", "poollint.pool.borrow"),
    ],
)
def test_an_import_that_is_there_is_used(text: str, name: str, spelled: str) -> None:
    assert spelling(Source("app.py", text.encode()).tree, name) == (spelled, False)
