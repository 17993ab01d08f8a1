"""Functions of the project that hand out what they acquired: their calls are acquires too."""

from __future__ import annotations

from poollint.analysis.effects import effects
from poollint.analysis.forwarding import Passed, forwarded
from poollint.analysis.link_decorators import SELF
from poollint.analysis.linker import Linker
from poollint.analysis.linking import Scope
from poollint.analysis.sites import HandOut, Site, SiteFinder, calls
from poollint.analysis.states import Kind
from poollint.analysis.summaries import Summaries
from poollint.analysis.typestate import Interpreter, generator_kind
from poollint.model import form
from poollint.model.meaning import FunctionRef


class HandOuts:
    """Answers per function; one that is being worked out hands out nothing to itself."""

    def __init__(self, linker: Linker) -> None:
        self.linker = linker
        self.summaries = Summaries(linker)
        self.finder = SiteFinder(linker, self.of)
        self._memory: dict[tuple[str, str, Passed], HandOut | None] = {}

    def of(self, reference: FunctionRef, given: Passed = ()) -> HandOut | None:
        """`given`: keyword arguments of a call that the function hands on."""
        key = (reference.path, reference.qualified, given)
        if key not in self._memory:
            self._memory[key] = None
            self._memory[key] = self._worked_out(reference, given)
        return self._memory[key]

    def interpreted(self, site: Site, scope: Scope, function: form.FunctionForm) -> Interpreter:
        """The function run for one of its sites."""
        interpreter = Interpreter(effects(site, scope, function, self.linker, self.summaries), self.summaries)
        interpreter.run()
        return interpreter

    def _worked_out(self, reference: FunctionRef, passed: Passed) -> HandOut | None:
        file = self.linker.project.file(reference.path)
        function = file.form.functions.get(reference.qualified) if file is not None else None
        if function is None or function.name == form.MODULE or not self._is_transparent(reference.path, function):
            return None
        scope = Scope(reference.path, reference.qualified)
        for call in calls(function):
            site = self.finder.site(call, scope)
            with_options = forwarded(call, function, passed) if passed and site is None else call
            if with_options is not call:
                site = self.finder.made_up(with_options, scope)
            if site is None:
                continue
            given = self._given_by(site, scope, function)
            if given is not None:
                return given
        return None

    def _is_transparent(self, path: str, function: form.FunctionForm) -> bool:
        """No decorator that might give something else, or the same thing again."""
        return self.linker.made_of(path, function) <= SELF

    def _given_by(self, site: Site, scope: Scope, function: form.FunctionForm) -> HandOut | None:
        interpreter = self.interpreted(site, scope, function)
        if function.is_generator:
            is_lent = interpreter.lends_resource and generator_kind(interpreter.effects) == "lender"
            return HandOut(site, is_lent=True) if is_lent else None
        shapes: set[tuple[int, frozenset[int], bool]] = set()
        for value, is_ours, expression in interpreter.returned:
            if value.kind is Kind.PENDING:
                shapes.add((-1, frozenset(), True))
            elif is_ours and (value.kind is Kind.RESOURCE or (value.kind is Kind.CARRIER and value.index >= 0)):
                shapes.add((value.index, value.parts, False))
            elif value.kind is not Kind.NONE and not self._is_another(expression, site, scope):
                return None
        if len(shapes) != 1:
            return None
        ((index, parts, is_pending),) = shapes
        may_be_none = any(value.kind is Kind.NONE for value, _, _ in interpreter.returned)
        return HandOut(site, index, parts, is_pending, may_be_none=may_be_none)

    def _is_another(self, expression: form.Expr | None, site: Site, scope: Scope) -> bool:
        """`return other_pool.acquire()`: given away fresh as well. So is a name that only such calls are bound to."""
        if isinstance(expression, form.Name):
            file = self.linker.project.file(scope.path)
            bound = file.bindings(scope.function).names.get(expression.id, []) if file is not None else []
            return bool(bound) and all(
                binding.kind == "value" and self._is_acquired(binding.expression, site, scope) for binding in bound
            )
        return self._is_acquired(expression, site, scope)

    def _is_acquired(self, expression: form.Expr | None, site: Site, scope: Scope) -> bool:
        while isinstance(expression, form.Await):
            expression = expression.value
        other = self.finder.site(expression, scope) if isinstance(expression, form.Call) else None
        return other is not None and other.type_id == site.type_id

