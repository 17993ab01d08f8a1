"""What a function's text says about one acquired resource, worked out before paths are walked."""

from __future__ import annotations

from dataclasses import dataclass, field

from poollint.analysis.aliases import Aliases, Denoting, aliases
from poollint.analysis.linker import Linker
from poollint.analysis.linking import Scope
from poollint.analysis.nested import captured, nested_in
from poollint.analysis.quiet import is_release_word
from poollint.analysis.reading import Reading
from poollint.analysis.releases import Releases
from poollint.analysis.scopes import (
    expressions,
    statement_expressions,
    statements,
    target_path,
)
from poollint.analysis.sites import Site, calls
from poollint.analysis.summaries import RELEASES, Summaries
from poollint.analysis.wrapping import wrapped
from poollint.model import form
from poollint.model.library import Acquire


@dataclass(frozen=True, slots=True)
class Effects:
    """The site's questions answered from syntax and links; flow comes later.

    `aliases` says what may denote the resource, hold it or come from it. `closers` are names of nested functions
    that release it, and of what is bound to such; `captors` those that use it otherwise, `generators` those of them
    whose call only makes a generator; `keepers` nested classes whose methods release it; `registered` says what a
    decorated function does. `owns`: the function releases the resource somewhere, or means to, so that calls only
    borrow it; `closes`: by more than ending a unit of work. `tested` are the paths that branches ask of.
    """

    site: Site
    scope: Scope
    function: form.FunctionForm
    linker: Linker
    releases: Releases
    reading: Reading
    denoting: Denoting
    aliases: Aliases
    closers: frozenset[str] = frozenset()
    captors: frozenset[str] = frozenset()
    keepers: frozenset[str] = frozenset()
    generators: frozenset[str] = frozenset()
    owns: bool = False
    closes: bool = False
    registered: dict[str, str] = field(default_factory=dict, hash=False, compare=False)
    tested: frozenset[str] = frozenset()
    lasting: frozenset[str] = frozenset()
    lambdas: dict[str, form.FunctionForm] = field(default_factory=dict, hash=False, compare=False)

    @property
    def names(self) -> frozenset[str]:
        return self.aliases.names

    @property
    def parts(self) -> frozenset[str]:
        return self.aliases.parts

    @property
    def acquire(self) -> Acquire:
        return self.site.acquire

    def captures(self, lambda_name: str, names: frozenset[str]) -> str:
        """What a lambda does with any of `names`: "releases", "uses" or ""."""
        inner = self.lambdas.get(lambda_name)
        return "" if inner is None else captured(inner, names, self.releases)


def effects(site: Site, scope: Scope, function: form.FunctionForm, linker: Linker, summaries: Summaries) -> Effects:
    releases, denoting = Releases(site, scope, linker), Denoting(site, scope, linker)
    found = aliases(denoting, function)
    names = found.names
    nested = nested_in(linker, scope, function, names, releases)
    closes = any(_means_to_release(call, names, releases) for call in calls(function))
    closes = closes or any(_enters(statement, names, site) for statement in statements(function.body))
    if not releases.reading.is_asked:
        # A response that a helper reads may still be another's to close.
        closes = closes or bool(nested.closers or nested.keepers) or "releases" in nested.lambdas.values()
        closes = closes or any(_gives_back(call, names, scope, site, summaries) for call in calls(function))
    owns = closes or any(_ends_use(call, names, releases) for call in calls(function))
    return Effects(
        site,
        scope,
        function,
        linker,
        releases,
        releases.reading,
        denoting,
        found,
        nested.closers,
        nested.captors,
        nested.keepers,
        nested.generators,
        owns,
        closes,
        nested.registered,
        _tested(function),
        _lasting(function),
        nested.forms,
    )


# --- names ---------------------------------------------------------------------------------------


def _lasting(function: form.FunctionForm) -> frozenset[str]:
    """Names that outlive the call: declared global or nonlocal; all of a module's or class body's ("*")."""
    declared = {
        name
        for statement in statements(function.body)
        if isinstance(statement, form.Declare)
        for name in statement.names
    }
    is_block = function.name == form.MODULE or function.name == "<body>"
    return frozenset(declared | ({"*"} if is_block else set()))


def _tested(function: form.FunctionForm) -> frozenset[str]:
    """Paths that conditions ask of: only facts about these are worth keeping."""
    found: set[str] = set()
    for statement in statements(function.body):
        tests = [statement.test] if isinstance(statement, (form.If, form.While, form.Assert)) else []
        if isinstance(statement, form.Match):
            tests += [case.guard for case in statement.cases if case.guard is not None]
        for expression in statement_expressions(statement):
            if isinstance(expression, form.IfExp):
                tests.append(expression.test)
            elif isinstance(expression, form.BoolOp):
                tests += expression.values
        for test in tests:
            found.update(path for part in expressions(test) if (path := target_path(part)) is not None)
    return frozenset(found)


# --- evidence of ownership -----------------------------------------------------------------------


def _means_to_release(call: form.Call, names: frozenset[str], releases: Releases) -> bool:
    """A release, something that looks like one, or a helper out of sight that by its name takes it back."""
    found = releases.by_names(call, names)
    if found is not None:
        return not (found.until_next_use or found.reads)
    if releases.is_of_factory(call):
        return True
    if isinstance(call.func, form.Attr):
        is_on_it = target_path(call.func.base) in names
        if is_on_it and releases.is_mistaken(call.func.name):
            return True
    given = any(target_path(argument.value) in names for argument in call.args)
    if not given or is_release_word(call.func):
        return given
    around = wrapped(releases.linker, releases.scope, call)
    return around is not None and around.gives in ("closing", "entered")


def _ends_use(call: form.Call, names: frozenset[str], releases: Releases) -> bool:
    """A session's commit: its unit of work is this function's."""
    found = releases.by_names(call, names)
    return found is not None and not found.reads


def _gives_back(call: form.Call, names: frozenset[str], scope: Scope, site: Site, summaries: Summaries) -> bool:
    """A helper of the project that releases what it is given."""
    return any(
        target_path(argument.value) in names and summaries.of_call(call, index, scope, site).kind == RELEASES
        for index, argument in enumerate(call.args)
    )


def _enters(statement: form.Stmt, names: frozenset[str], site: Site) -> bool:
    """`with conn:` where leaving it releases."""
    if not isinstance(statement, form.With) or site.context_held != "releases":
        return False
    return any(target_path(item.value) in names for item in statement.items)
