"""Imports that new text needs: how the file spells a name already, and where a new one goes.

`asyncio` is imported as a module, `contextlib.closing` from its module.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

import libcst as cst

from poollint.model.fix import Edit
from poollint.rewrite.ground import Ground, every_node
from poollint.rewrite.items import add_last, insert, item
from poollint.rewrite.refusal import Refused
from poollint.syntax.positions import spans_of
from poollint.syntax.source import Source


def spelling(tree: cst.Module, dotted: str) -> tuple[str, bool]:
    """How the file writes `dotted`, and whether it still has to be imported for that.

    Refused where the name that the import would bind means something else in the file.
    """
    module, _, name = dotted.rpartition(".")
    for line in _top_level(tree):
        for small in line.body:
            found = _spelled(small, dotted, module, name)
            if found:
                return found, False
    if name in _bound(tree):
        raise Refused(f"`{name}` means something else in this file")
    return name, True


def _spelled(small: cst.BaseSmallStatement, dotted: str, module: str, name: str) -> str | None:
    """The spelling that one import gives, if it does."""
    if isinstance(small, cst.Import):
        for alias in small.names:
            imported, bound = _dotted(alias.name), _alias(alias)
            if imported == dotted:
                return bound or dotted
            if imported == module:
                return f"{bound or module}.{name}"
            if not module and not bound and imported.startswith(f"{name}."):
                return name
    if isinstance(small, cst.ImportFrom) and not small.relative and small.module is not None:
        for alias in _names(small):
            full = f"{_dotted(small.module)}.{_dotted(alias.name)}"
            if full == dotted:
                return _alias(alias) or name
            if full == module:
                return f"{_alias(alias) or _dotted(alias.name)}.{name}"
    return None


def import_edits(source: Source, dotted: Sequence[str]) -> list[Edit]:
    """The edits that import each of `dotted` once, merged into an import of the same module."""
    tree = source.tree
    missing = [name for name in dict.fromkeys(dotted) if spelling(tree, name)[1]]
    edits: list[Edit] = []
    groups: dict[str, list[str]] = {}
    for full in missing:
        module, _, name = full.rpartition(".")
        groups.setdefault(module, []).append(name)
    lines: list[tuple[str, str]] = [(name, f"import {name}") for name in groups.pop("", [])]
    for module, names in groups.items():
        existing = _from(tree, module)
        if existing is not None:
            edits += _merged(source, existing, names)
        else:
            lines.append((module, f"from {module} import {', '.join(names)}"))
    return edits + _new_lines(source, lines)


def _merged(source: Source, existing: cst.ImportFrom, names: Sequence[str]) -> list[Edit]:
    aliases = list(_names(existing))
    wanted: list[cst.CSTNode] = [existing, *aliases]
    spans = spans_of(source, wanted)
    last = spans[id(aliases[-1])]
    if existing.lpar is None:
        return [insert(last.end, "".join(f", {name}" for name in sorted(names)))]
    ground = _TextOnly(source)
    closing = spans[id(existing)].end - 1
    items = [item(alias, spans[id(alias)]) for alias in aliases]
    return add_last(ground, items, spans[id(aliases[0])].start, closing, sorted(names))


class _TextOnly(Ground):
    """A file of which only lines are asked."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        self.tree = source.tree


def _new_lines(source: Source, lines: Sequence[tuple[str, str]]) -> list[Edit]:
    """The standard library's in front of the first import, others behind the last of the first run of imports;
    a blank line parts the two kinds."""
    run = _first_run(source.tree)
    own = [line for line in run if not _is_future(line)]
    if not lines:
        return []
    if not own:
        return [_without_imports(source, run, [text for _, text in lines])]
    newline = source.tree.default_newline
    spans = spans_of(source, own)
    front = sorted(text for module, text in lines if _is_standard(module))
    back = sorted(text for module, text in lines if not _is_standard(module))
    edits: list[Edit] = []
    if front:
        parting = "" if _is_standard(_module(own[0])) else newline
        edits.append(insert(spans[id(own[0])].start, "".join(text + newline for text in front) + parting))
    if back:
        end = spans[id(own[-1])].end
        parting = newline if _is_standard(_module(own[-1])) else ""
        edits.append(insert(_behind(source, end), parting + _whole_lines(source, end, back)))
    return edits


def _is_standard(module: str) -> bool:
    return module.partition(".")[0] in sys.stdlib_module_names


def _module(line: cst.SimpleStatementLine) -> str:
    """What an import line imports first; "" for a relative import."""
    small = line.body[0]
    if isinstance(small, cst.ImportFrom):
        return "" if small.relative or small.module is None else _dotted(small.module)
    return _dotted(small.names[0].name) if isinstance(small, cst.Import) else ""


def _behind(source: Source, offset: int) -> int:
    """The start of the next line, or the end of the text."""
    line = source.line_column(offset)[0]
    end = source.offset(line, 1) + len(source.line_text(line))
    return end + (2 if source.text.startswith("\r\n", end) else 1 if end < len(source.text) else 0)


def _whole_lines(source: Source, offset: int, texts: Sequence[str]) -> str:
    """`texts` as lines behind the line of `offset`, which may lack its newline."""
    newline = source.tree.default_newline
    joined = "".join(text + newline for text in texts)
    return joined if source.text[: _behind(source, offset)].endswith(("\n", "\r")) else newline + joined


def _without_imports(source: Source, run: Sequence[cst.SimpleStatementLine], texts: Sequence[str]) -> Edit:
    """Behind the docstring and `__future__`, else in front of the first statement; blank lines on both sides."""
    tree = source.tree
    newline = tree.default_newline
    has_docstring = bool(tree.body) and tree.get_docstring(clean=False) is not None
    before = run[-1] if run else tree.body[0] if has_docstring else None
    if before is not None:
        end = spans_of(source, [before])[id(before)].end
        at = _behind(source, end)
        following = source.line_text(source.line_column(at)[0]) if at < len(source.text) else ""
        return insert(at, newline + _whole_lines(source, end, texts) + (newline if following.strip() else ""))
    lines = "".join(text + newline for text in texts)
    if not tree.body:
        return insert(len(source.text), lines)
    start = spans_of(source, [tree.body[0]])[id(tree.body[0])].start
    return insert(source.offset(source.line_column(start)[0], 1), lines + newline)


# --- reading imports -----------------------------------------------------------------------------


def _top_level(tree: cst.Module) -> Iterator[cst.SimpleStatementLine]:
    return (line for line in tree.body if isinstance(line, cst.SimpleStatementLine))


def _first_run(tree: cst.Module) -> list[cst.SimpleStatementLine]:
    """The import lines at the top, behind the docstring."""
    found: list[cst.SimpleStatementLine] = []
    for index, statement in enumerate(tree.body):
        if isinstance(statement, cst.SimpleStatementLine):
            if all(isinstance(small, (cst.Import, cst.ImportFrom)) for small in statement.body):
                found.append(statement)
                continue
            if index == 0 and tree.get_docstring(clean=False) is not None:
                continue
        break
    return found


def _is_future(line: cst.SimpleStatementLine) -> bool:
    small = line.body[0]
    return isinstance(small, cst.ImportFrom) and small.module is not None and _dotted(small.module) == "__future__"


def _from(tree: cst.Module, module: str) -> cst.ImportFrom | None:
    for line in _top_level(tree):
        for small in line.body:
            if isinstance(small, cst.ImportFrom) and not small.relative and small.module is not None:
                if _dotted(small.module) == module and not isinstance(small.names, cst.ImportStar):
                    return small
    return None


def _names(statement: cst.ImportFrom) -> Sequence[cst.ImportAlias]:
    return () if isinstance(statement.names, cst.ImportStar) else statement.names


def _dotted(node: cst.BaseExpression) -> str:
    if isinstance(node, cst.Attribute):
        return f"{_dotted(node.value)}.{node.attr.value}"
    return node.value if isinstance(node, cst.Name) else ""


def _alias(alias: cst.ImportAlias) -> str | None:
    name = alias.asname.name if alias.asname else None
    return name.value if isinstance(name, cst.Name) else None


def _bound(tree: cst.Module) -> set[str]:
    """Every name that the file binds anywhere, whatever the scope."""
    found: set[str] = set()
    for node in every_node(tree):
        if isinstance(node, (cst.FunctionDef, cst.ClassDef, cst.Param, cst.NameItem)):
            found.add(node.name.value)
        elif isinstance(node, (cst.AssignTarget, cst.AnnAssign, cst.NamedExpr, cst.For, cst.CompFor)):
            found |= {n.value for n in every_node(node.target) if isinstance(n, cst.Name)}
        elif isinstance(node, cst.AsName):
            found |= {n.value for n in every_node(node.name) if isinstance(n, cst.Name)}
        elif isinstance(node, (cst.Import, cst.ImportFrom)) and not isinstance(node.names, cst.ImportStar):
            found |= {_dotted(a.name).partition(".")[0] for a in node.names if a.asname is None}
    return found
