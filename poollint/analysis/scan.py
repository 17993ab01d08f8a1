"""The byte scan: what a file imports, and the words that it holds, without parsing it.

It may see more than there is (an import in a docstring), never less. Patterns start with a literal where they run
over whole files: an alternation at the front is thirty times slower.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from poollint.model.form import ImportedName

_IMPORT = re.compile(rb"import(?=[\s(*\\])")
_FROM = re.compile(rb"(?:^|[\s;:])from[ \t\f]*([.\w \t\f\x80-\xff]*?)[ \t\f]*$")
_PLAIN = re.compile(rb"(?:^|[\s;:])$")
_BRACKETED = re.compile(rb"[ \t\f]*\(([^)]*)\)")
_REST_OF_LINE = re.compile(rb"[^\n;#]*")
_COMMENT = re.compile(rb"#[^\n]*")
_NAME = re.compile(rb"([\w.\x80-\xff*]+)(?:\s+as\s+([\w\x80-\xff]+))?")
_CONTINUED = re.compile(rb"\\\r?\n")
_COOKIE = re.compile(rb"coding[:=][ \t]*([-\w.]+)")
_ASCII_BASED = re.compile(rb"(?:utf[-_]?8|ascii|us-ascii|latin|iso[-_]?8859|cp125|windows-125|koi8|big5|gb|euc)", re.I)
_ODD_LETTERS = re.compile(
    "["
    "\u00aa\u00ba\u0132-\u0133\u013f-\u0140\u0149\u017f\u01c4-\u01cc\u01f1-\u01f3\u02b0-\u02b3"
    "\u02b7-\u02b8\u02e1-\u02e3\u1d2c-\u1d43\u1d47-\u1d49\u1d4d-\u1d52\u1d56-\u1d58\u1d5b"
    "\u1d62-\u1d65\u1d9c\u1da0\u1dbb\u1e9a\u2071\u207f\u2090-\u209c\u2102\u210a-\u210e\u2110-\u2113"
    "\u2115\u2119-\u211d\u2124\u2128\u212a\u212c-\u212d\u212f-\u2131\u2133-\u2134\u2139\u2145-\u2149"
    "\u2160-\u217f\u2c7c-\u2c7d\ua7f2-\ua7f4\ufb00-\ufb06\ufe33-\ufe34\ufe4d-\ufe4f\uff10-\uff19"
    "\uff21-\uff3a\uff3f-\uff5a\U000107a5\U0001d400-\U0001d49f\U0001d4a2\U0001d4a5-\U0001d4a6"
    "\U0001d4a9-\U0001d50a\U0001d50d-\U0001d546\U0001d54a-\U0001d6a3\U0001d7ce-\U0001d7ff"
    "\U0001fbf0-\U0001fbf9"
    "]"
)
"""Letters that Python reads as other ones (NFKC), so that a name in the bytes is not the name of the program."""

_WORD = re.compile(r"(?:\.\s*)?[^\W\d]\w*")
_QUOTED = re.compile(r"""["'](\w+)["']""")


@dataclass(frozen=True, slots=True)
class Scanned:
    """`imports` as in the statement form, without order or place. `is_odd`: the bytes do not show its names, so
    that it must be taken to hold any. `has_method`: it holds a method that one library alone has."""

    imports: tuple[ImportedName, ...]
    has_method: bool = False
    is_odd: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """Identifiers of a piece of text: `bare` ones, those behind a dot, and those that are a whole string."""

    bare: frozenset[str]
    attributes: frozenset[str]
    quoted: frozenset[str]


class Scanner:
    """Scans files for one catalogue's method names."""

    def __init__(self, methods: Iterable[str]) -> None:
        names = sorted(name.encode() for name in methods)
        self._methods = re.compile(rb"\.\s*(?:%s)\b" % b"|".join(map(re.escape, names))) if names else None

    def scan(self, raw: bytes) -> Scanned:
        has_method = self._methods is not None and self._methods.search(raw) is not None
        return Scanned(tuple(imports(raw)), has_method, is_odd(raw))


def is_odd(raw: bytes) -> bool:
    """Whether names stand in the bytes otherwise than as themselves: a strange encoding, letters made alike."""
    cookie = _COOKIE.search(raw, 0, 400) if b"coding" in raw[:400] else None
    if cookie is not None and _ASCII_BASED.match(cookie.group(1)) is None:
        return True
    return not raw.isascii() and _ODD_LETTERS.search(raw.decode("utf-8", "replace")) is not None


def imports(raw: bytes) -> list[ImportedName]:
    """All that the text imports, wherever it stands."""
    if b"\r" in raw:
        raw = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if b"\\\n" in raw:
        raw = _CONTINUED.sub(b"  ", raw)
    found: dict[ImportedName, None] = {}
    for match in _IMPORT.finditer(raw):
        start, end = match.span()
        before = raw[raw.rfind(b"\n", 0, start) + 1 : start]
        source = _FROM.search(before)
        if source is not None:
            found.update(dict.fromkeys(_from_names(source.group(1), raw, end)))
        elif _PLAIN.search(before):
            found.update(dict.fromkeys(_plain_names(raw, end)))
    return list(found)


def _from_names(source: bytes, raw: bytes, end: int) -> list[ImportedName]:
    dotted = b"".join(source.split())
    module = dotted.lstrip(b".")
    level = len(dotted) - len(module)
    if not dotted:
        return []
    bracketed = _BRACKETED.match(raw, end)
    if bracketed is not None and b"#" not in bracketed.group(1):
        text = bracketed.group(1)
    elif raw[end:].lstrip()[:1] == b"(":
        text = _uncommented(raw, end)
    else:
        rest = _REST_OF_LINE.match(raw, end)
        text = rest.group() if rest is not None else b""
    name = _text(module)
    return [ImportedName(name, level, _text(n), _text(a) if a else None) for n, a in _NAME.findall(text)]


def _uncommented(raw: bytes, end: int) -> bytes:
    """The names in brackets with comments between them; a bracket in a comment does not end them."""
    text = _COMMENT.sub(b"", raw[end : end + 20_000])
    return text[: text.find(b")")].replace(b"(", b" ")


def _plain_names(raw: bytes, end: int) -> list[ImportedName]:
    rest = _REST_OF_LINE.match(raw, end)
    text = rest.group() if rest is not None else b""
    return [ImportedName(_text(n), 0, None, _text(a) if a else None) for n, a in _NAME.findall(text) if n != b"*"]


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def words(text: str) -> Words:
    """The words of a text, comments and strings included."""
    found = frozenset(_WORD.findall(text))
    attributes = [word for word in found if word[0] == "."]
    return Words(
        found.difference(attributes),
        frozenset([word[1:].lstrip() for word in attributes]),
        frozenset(_QUOTED.findall(text)),
    )
