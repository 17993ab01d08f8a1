"""The byte scan sees every import that Python's own parser sees, and every word."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from poollint.analysis.scan import Scanner, imports, is_odd, words
from poollint.model.form import ImportedName

FILES = sorted((Path(__file__).parents[3] / "poollint").rglob("*.py"))


def scanned(text: str) -> set[tuple[str, int, str | None, str | None]]:
    return {(i.module, i.level, i.name, i.alias) for i in imports(text.encode())}


def of_tree(text: str) -> set[tuple[str, int, str | None, str | None]]:
    found: set[tuple[str, int, str | None, str | None]] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {(alias.name, 0, None, alias.asname) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {(node.module or "", node.level, alias.name, alias.asname) for alias in node.names}
    return found


@pytest.mark.parametrize(
    "text",
    [
        "import a\n",
        "import a.b.c\n",
        "import a, b.c as d, e\n",
        "import a as b # import c\n",
        "import\ta\nimport \\\n a . b\n".replace(" . ", "."),
        "from a import b\n",
        "from a.b import c as d, e\n",
        "from . import a\nfrom .. import b\nfrom ...c import d\n",
        "from .a import (b, c as d)\n",
        "from a import (\n    b,\n    c as d,\n)\n",
        "from a import (  # noqa (really)\n    b,  # ) not yet\n    c,\n)\n",
        "from a import(b)\nfrom a import*\nfrom.b import c\n",
        "from a import \\\n    b, \\\n    c as d\n",
        "from a \\\n    import b\n",
        "from .\\\n  a import b\n",
        "from a import b; import c; from d import e\n",
        "if x: import a\ntry: from b import c\nexcept E: d = None\n",
        "class A: import b\ndef f(): from c import d\n",
        "\tx = 1\n".strip() + "\nif x:\n\timport a\n\tfrom b import c\n",
        "\fimport a\n\f\nfrom b import c\n",
        "import a\r\nfrom b import (\r\n    c,\r\n    d\r\n)\r\n",
        "import a\rfrom b import c\r",
        "import é.ü as ñ\nfrom .日本 import 語\n",
        "from a import b as importer, important\nimport imports\n",
        "async def f():\n  import a\n  await g(); from b import c\n",
        "x = 'import y'\nimport a\n",
        "import a",
        "from a import b",
    ],
)
def test_every_import_is_seen(text: str) -> None:
    assert of_tree(text) <= scanned(text)


@pytest.mark.parametrize(
    "text",
    [
        "important = 1\n",
        "x.import_module('a')\n",
        "reimport a\n",
        "yield from imports\n",
        "# from here on\n",
        "x = 1\n",
    ],
)
def test_what_is_no_import_is_not_one(text: str) -> None:
    assert scanned(text) == set()


def test_lazy_imports() -> None:
    assert scanned("lazy import a.b as c\nlazy from .d import e\n") == {("a.b", 0, None, "c"), ("d", 1, "e", None)}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_files_of_this_project(path: Path) -> None:
    text = path.read_text()
    assert of_tree(text) <= scanned(text)


def test_an_import_in_a_text_is_one_too_many_at_most() -> None:
    assert imports(b"'''\nimport a\n'''\n") == [ImportedName("a", 0, None, None)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pool.getconn()", True),
        ("pool.\n  getconn()", True),
        ("f = pool.getconn", True),
        ("pool.getconnection()", False),
        ("getconn()", False),
    ],
)
def test_methods_that_one_library_alone_has(text: str, expected: bool) -> None:
    assert Scanner({"getconn", "raw_connection"}).scan(text.encode()).has_method is expected


def test_without_such_methods_no_file_has_one() -> None:
    assert not Scanner(()).scan(b"a.b()").has_method


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"# coding: utf-8\nx\n", False),
        ("# -*- coding: latin-1 -*-\nx = 'é'\n".encode("latin-1"), False),
        ("# coding: shift_jis\nx = '日'\n".encode("shift_jis"), True),
        (b"# coding: utf-7\nx\n", True),
        ("x = 'é日本語, “quoted” – ™ №１'\n".encode(), True),
        ("x = 'é日本語，：“quoted” – ™ …'\n".encode(), False),
        ("import ｒedis\n".encode(), True),
        ("𝐩ool.getconn()\n".encode(), True),
        (b"encoding = 'x'\n", False),
    ],
)
def test_names_that_stand_otherwise_in_the_bytes(raw: bytes, expected: bool) -> None:
    assert is_odd(raw) is expected


def test_words() -> None:
    found = words("a.b(c).  d\n  .e['f'] # g\n'h i' \"j\" k_1 . l")
    assert found.bare == {"a", "c", "f", "g", "h", "i", "j", "k_1"}
    assert found.attributes == {"b", "d", "e", "l"}
    assert found.quoted == {"f", "j"}
