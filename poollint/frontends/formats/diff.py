"""Changes as unified diffs, in the bytes of the files: `patch` and `git apply` take them."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from poollint.frontends.formats.style import Style
from poollint.frontends.formats.text import clean
from poollint.model.report import Change

NO_NEWLINE = b"\n\\ No newline at end of file\n"


def diff(change: Change) -> bytes:
    """The change of one file; its path as users see it."""
    return _unified(change.path, change.before, change.after)


def diff_of_texts(path: str, before: str, after: str) -> str:
    """The same of two texts, for people."""
    raw = _unified(path, before.encode("utf-8", "surrogatepass"), after.encode("utf-8", "surrogatepass"))
    return raw.decode("utf-8", "backslashreplace")


def _unified(path: str, before: bytes, after: bytes) -> bytes:
    name = path.encode("utf-8", "surrogateescape")
    old, new = _lines(before), _lines(after)
    lines = difflib.diff_bytes(difflib.unified_diff, old, new, name, name, lineterm=b"\n")
    return b"".join(line if line.endswith(b"\n") else line + NO_NEWLINE for line in lines)


def _lines(raw: bytes) -> list[bytes]:
    r"""Lines as `patch` counts them: a lone `\r` ends none."""
    found = raw.split(b"\n")
    return [line + b"\n" for line in found[:-1]] + ([found[-1]] if found[-1] else [])


def colored(text: str, style: Style) -> str:
    """A diff for a terminal: nothing in it can steer that."""
    return "".join(f"{line}\n" for line in _colored(text, style))


def _colored(text: str, style: Style) -> Iterator[str]:
    for line in text.split("\n")[:-1]:
        shown = "\t".join(map(clean, line.removesuffix("\r").split("\t")))
        if line.startswith(("---", "+++")):
            yield style.paint(shown, "strong")
        elif line[:1] in ("+", "-"):
            yield style.paint(shown, "added" if line[0] == "+" else "removed")
        else:
            yield style.paint(shown, "gutter") if line.startswith("@@") else shown
