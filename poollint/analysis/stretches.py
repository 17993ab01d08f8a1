"""The stretch of one block in which an acquired resource lives, for fixes that wrap it."""

from __future__ import annotations

from dataclasses import replace

from poollint.analysis.effects import Effects
from poollint.analysis.scopes import (
    expressions,
    inner_blocks,
    own_expressions,
    statement_expressions,
    statements,
    target_path,
)
from poollint.analysis.surroundings import Standing, Surroundings
from poollint.model import form
from poollint.model.acquired import Stretch
from poollint.model.library import Release
from poollint.model.span import Place


def stretch_of(effects: Effects, standing: Standing, surroundings: Surroundings, escapes: bool) -> Stretch | None:
    """The stretch of a site that is bound to one plain name used in its own block only; else None."""
    bind, site = standing.statement, effects.site
    if escapes or site.may_be_none or site.index >= 0 or not isinstance(bind, form.Bind) or len(bind.targets) != 1:
        return None
    target = bind.targets[0]
    if not isinstance(target, form.Name) or effects.names != {target.id} or effects.captors or effects.closers:
        return None
    block, index = standing.blocks[-1]
    rest = block[index + 1 :]
    if not rest or _is_bound_elsewhere(effects.function, bind, target.id):
        return None
    released = _releases(effects, surroundings)
    joined = _joined(standing, released)
    if joined is not None:
        return replace(
            _made(effects, standing, [], [], joined),
            joins=_place(effects, joined),
            only_releases=len(joined.final) == len(released) and all(found.is_statement for found, _ in released),
        )
    around = _around(effects, standing, released)
    if around is not None:
        return around
    if any(not _may_move(found, standing) for found, _ in released):
        return None
    direct = [found for found, _ in released if found.blocks[-1][0] is block]
    # Rows that were read may be used after the release; without one, they too must stay inside.
    names = effects.names if direct else effects.names | effects.parts
    users = [statement for statement in rest if _mentions(statement, names)]
    if not users or _mentioned_outside(effects.function, block, index, target.id):
        return None
    if len(direct) > 1 or (direct and direct[0].statement is not users[-1]):
        return None
    return _made(effects, standing, released, direct, users[-1])


def _made(
    effects: Effects,
    standing: Standing,
    released: list[tuple[Standing, Release]],
    direct: list[Standing],
    last: form.Stmt,
) -> Stretch:
    block, index = standing.blocks[-1]
    return Stretch(
        _place(effects, standing.statement),
        _place(effects, block[index + 1]),
        _place(effects, last),
        _place(effects, direct[0].statement) if direct else None,
        tuple(_place(effects, found.statement) for found, _ in released if found not in direct),
        release_text(effects, standing),
    )


def _joined(acquire: Standing, released: list[tuple[Standing, Release]]) -> form.Try | None:
    """The later `try` of the acquire's block in whose `finally` alone it is released, if what stands in front of it
    may move in: no handler would catch more, and the `finally` needs nothing that is bound there."""
    depth, (block, index) = len(acquire.blocks), acquire.blocks[-1]
    found: set[int] = set()
    for release, _ in released:
        if len(release.blocks) <= depth or release.blocks[depth - 1][0] is not block:
            return None
        at = release.blocks[depth - 1][1]
        statement = block[at]
        if not isinstance(statement, form.Try) or release.blocks[depth][0] is not statement.final:
            return None
        found.add(at)
    if len(found) != 1:
        return None
    at = found.pop()
    attempt = block[at]
    if at < index + 2 or not isinstance(attempt, form.Try) or attempt.handlers:
        return None
    between = block[index + 1 : at]
    inside = [statement for top in between for statement in (top, *statements(_below(top)))]
    bound = frozenset(name for statement in inside for name in _bound(statement))
    return None if any(_mentions(statement, bound) for statement in attempt.final) else attempt


def _around(effects: Effects, acquire: Standing, released: list[tuple[Standing, Release]]) -> Stretch | None:
    """The stretch up to a later `try` of the block, whose `finally` ends in the only release: that can move into a
    `finally` around it all."""
    text = release_text(effects, acquire)
    if len(released) != 1 or not text:
        return None
    release, depth, (block, index) = released[0][0], len(acquire.blocks), acquire.blocks[-1]
    if len(release.blocks) != depth + 1 or not release.is_statement or release.blocks[depth - 1][0] is not block:
        return None
    at = release.blocks[depth - 1][1]
    attempt = block[at]
    if not isinstance(attempt, form.Try) or attempt.final[-1:] != (release.statement,) or at < index + 2:
        return None
    if not (attempt.handlers or len(attempt.final) > 1) or len(release.call.args) > 1:
        return None
    return replace(_made(effects, acquire, released, [], attempt), from_final=True)


def _bound(statement: form.Stmt) -> set[str]:
    """The plain names that a statement gives a value."""
    targets: list[form.Expr] = []
    if isinstance(statement, form.Bind):
        targets = list(statement.targets)
    elif isinstance(statement, form.For):
        targets = [statement.target]
    elif isinstance(statement, form.With):
        targets = [item.target for item in statement.items if item.target is not None]
    names = {e.id for target in targets for e in expressions(target) if isinstance(e, form.Name)}
    if isinstance(statement, form.Import):
        names |= {(name.alias or name.name or name.module).partition(".")[0] for name in statement.names}
    return names | ({statement.name} if isinstance(statement, form.Define) else set())


def _releases(effects: Effects, surroundings: Surroundings) -> list[tuple[Standing, Release]]:
    found: list[tuple[Standing, Release]] = []
    for standing in surroundings.by_ordinal.values():
        release = effects.releases.by_names(standing.call, effects.names)
        if release is not None and not (release.until_next_use or release.reads):
            found.append((standing, release))
    return sorted(found, key=lambda pair: pair[0].call.ordinal)


def _may_move(release: Standing, acquire: Standing) -> bool:
    """A statement of its own in the acquire's block or below, and no `try` between them."""
    depth = len(acquire.blocks)
    if not release.is_statement or len(release.blocks) < depth:
        return False
    if release.blocks[depth - 1][0] is not acquire.blocks[-1][0]:
        return False
    between = [block[index] for block, index in release.blocks[depth - 1 : -1]]
    return not any(isinstance(statement, (form.Try, form.While, form.For)) for statement in between)


def _is_bound_elsewhere(function: form.FunctionForm, bind: form.Bind, name: str) -> bool:
    for statement in statements(function.body):
        if statement is bind:
            continue
        targets: list[form.Expr] = []
        if isinstance(statement, (form.Bind, form.Delete)):
            targets = list(statement.targets)
        elif isinstance(statement, form.For):
            targets = [statement.target]
        elif isinstance(statement, form.With):
            targets = [item.target for item in statement.items if item.target is not None]
        if any(isinstance(e, form.Name) and e.id == name for target in targets for e in expressions(target)):
            return True
    return False


def _mentions(statement: form.Stmt, names: frozenset[str]) -> bool:
    for own in statement_expressions(statement):
        if target_path(own) in names:
            return True
    return any(_mentions(inner, names) for block in inner_blocks(statement) for inner in block)


def _mentioned_outside(function: form.FunctionForm, block: form.Block, index: int, name: str) -> bool:
    """Whether the name is read before its block, or in what runs after it."""
    inside = {id(statement) for top in block[index:] for statement in (top, *statements(_below(top)))}
    return any(
        isinstance(expression, form.Name) and expression.id == name
        for statement in statements(function.body)
        if id(statement) not in inside
        for own in own_expressions(statement)
        for expression in expressions(own)
    )


def _below(statement: form.Stmt) -> form.Block:
    return tuple(inner for block in inner_blocks(statement) for inner in block)


def release_text(effects: Effects, standing: Standing) -> str:
    """A statement that releases the resource by its name; "" where none can be written."""
    statement = standing.statement
    holder = target_path(statement.targets[0]) if isinstance(statement, form.Bind) and statement.targets else None
    if holder is None:
        return ""
    for release in effects.acquire.release:
        if release.until_next_use or release.when or release.reads:
            continue
        if release.awaited == "must" and not effects.function.is_async:
            continue
        awaited = "await " if release.awaited == "must" else ""
        if release.on == "self":
            return f"{awaited}{holder}.{release.method}()"
        pool = target_path(effects.site.pool) if effects.site.pool is not None else None
        if pool is not None and "[" not in pool:
            return f"{awaited}{pool}.{release.method}({holder})"
    return ""


def _place(effects: Effects, statement: form.Stmt) -> Place:
    return effects.scope.at(getattr(statement, "ordinal", -1))
