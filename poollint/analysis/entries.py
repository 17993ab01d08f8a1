"""Where frameworks enter the project's code: which functions are handlers, which are once-places."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property

from poollint.analysis.annotations import alternatives
from poollint.analysis.lineage import Lineage
from poollint.analysis.linker import Linker
from poollint.analysis.linking import Scope
from poollint.analysis.mentions import Key, Mentions, heads
from poollint.analysis.registrations import Registered, Registrar
from poollint.analysis.scopes import expressions, overview
from poollint.model import form
from poollint.model.framework import Entry, Framework
from poollint.model.meaning import ClassRef, External, FunctionRef, InstanceOf

REQUEST_NAMES = frozenset({"request", "req"})
CALLED_OBJECT = ("__init__", "__call__")
PUBLIC = "*"


@dataclass(frozen=True, slots=True)
class Found:
    """An entry that a function is. `certain` is False where only a parameter or a likely decorator says so."""

    entry: Entry
    certain: bool = True


class Entries:
    """Classifies the functions of the candidate files."""

    def __init__(self, linker: Linker, mentions: Mentions) -> None:
        self.linker = linker
        self.mentions = mentions
        self.lineage = Lineage(linker, mentions)
        self.registrar = Registrar(linker, self.lineage)
        self.catalogue = linker.catalogue
        self._told: dict[Key, tuple[Found, ...]] = {}
        with_requests = [f for f in self.catalogue.frameworks if f.request_types]
        self._request_roots = frozenset(root for framework in with_requests for root in framework.roots)
        entries = self.catalogue.entries
        self._by_base = [entry for _, entry in entries if entry.bases]
        self._by_parameters = [entry for _, entry in entries if entry.parameters]
        self._by_name = [entry for _, entry in entries if entry.function_names]
        self._by_class_name = [told for told in entries if told[1].class_names]

    def of(self, path: str, function: form.FunctionForm) -> tuple[Found, ...]:
        """Every entry that a function is, certain ones first."""
        key = (path, function.qualified)
        found = self._told.get(key)
        if found is None:
            certain = [Found(entry) for entry in self._certain(path, function)]
            found = self._told[key] = tuple(certain or self._uncertain(path, function))
        return found

    def _certain(self, path: str, function: form.FunctionForm) -> Iterator[Entry]:
        outer = outer_scope(path, function)
        for decorator in function.decorators:
            yield from (entry for _, entry in self.registrar.decorator(decorator, outer) if entry.runs != "called")
        yield from (r.entry for r in self._registered.get((path, function.qualified), ()))
        if function.owner is not None and function.parent is None:
            yield from self.of_method(ClassRef(path, function.owner), function.name)
        if function.parent is None and function.name not in (form.MODULE, form.LAMBDA, form.CLASS_BODY):
            yield from self._by_signature(path, function)

    def of_method(self, cls: ClassRef, name: str) -> Iterator[Entry]:
        """The entries that a method is by its class's bases, or by what its class was registered as."""
        names = self.lineage.names(cls)
        for entry in self._by_base:
            if _matches(name, entry.methods) and any(_is_base(base, names) for base in entry.bases):
                yield entry
        for registered in self._classes.get(cls, ()):
            entry = registered.entry
            is_made = isinstance(registered.target, ClassRef)
            plain = CALLED_OBJECT if is_made else CALLED_OBJECT[1:]
            methods = entry.methods or (*plain, *(self._view_methods(registered.framework) if is_made else ()))
            if _matches(name, methods):
                yield entry

    def _view_methods(self, framework: Framework) -> tuple[str, ...]:
        """The methods of the framework's own view classes, for a registered class whose bases are not known."""
        return tuple(m for e in framework.entries if e.bases and e.runs == "request" for m in e.methods if m != PUBLIC)

    def _by_signature(self, path: str, function: form.FunctionForm) -> Iterator[Entry]:
        names = tuple(parameter.name for parameter in function.parameters)
        if function.owner is not None:
            names = names[1:] if function.name == "__call__" else ()
        for entry in self._by_parameters:
            if names == entry.parameters:
                yield entry
        if function.owner is None:
            file_name = path.rpartition("/")[2]
            for entry in self._by_name:
                is_file = not entry.file_names or _matches(file_name, entry.file_names)
                if is_file and _matches(function.name, entry.function_names):
                    yield entry

    # --- what calls register ---

    @cached_property
    def _all_registered(self) -> tuple[Registered, ...]:
        found: list[Registered] = []
        in_body: set[Key] = set()
        in_head: set[Key] = set()
        for name in self.registrar.triggers:
            for spelling in self.mentions.spellings(name):
                in_body |= self.mentions.mentioning(spelling)
                in_head |= self.mentions.heads_mentioning(spelling)
        for path, qualified in sorted(in_body):
            function, scope = self._function(path, qualified), Scope(path, qualified)
            for call in body_calls(function):
                found += self.registrar.of_call(call, scope)
        for path, qualified in sorted(in_head):
            function = self._function(path, qualified)
            for call in head_calls(function):
                found += self.registrar.of_call(call, head_scope(path, function, call))
        return (*found, *self._by_class_attributes())

    def _by_class_attributes(self) -> Iterator[Registered]:
        for framework, entry in self._by_class_name:
            named = [n for n in self.mentions.classes if _matches(n, entry.class_names)]
            for path, qualified in sorted(key for name in named for key in self.mentions.classes[name]):
                body = f"{qualified}.{form.CLASS_BODY}"
                file = self.linker.project.file(path)
                bound = file.bindings(body).names if file is not None else {}
                for keyword in entry.keywords:
                    for binding in bound.get(keyword, ()):
                        if binding.kind == "function":
                            yield Registered(framework, entry, FunctionRef(path, binding.qualified))
                        elif binding.expression is not None:
                            for target in self.registrar.callables(binding.expression, Scope(path, body)):
                                yield Registered(framework, entry, target)

    @cached_property
    def _registered(self) -> dict[Key, list[Registered]]:
        found: dict[Key, list[Registered]] = {}
        for registered in self._all_registered:
            if isinstance(registered.target, FunctionRef):
                found.setdefault((registered.target.path, registered.target.qualified), []).append(registered)
        return found

    @cached_property
    def _classes(self) -> dict[ClassRef, list[Registered]]:
        found: dict[ClassRef, list[Registered]] = {}
        for registered in self._all_registered:
            target = registered.target
            cls = target.cls if isinstance(target, InstanceOf) else target
            if isinstance(cls, ClassRef):
                found.setdefault(cls, []).append(registered)
        return found

    def _function(self, path: str, qualified: str) -> form.FunctionForm:
        file = self.linker.project.file(path)
        assert file is not None
        return file.form.functions[qualified]

    # --- what is only likely ---

    def _uncertain(self, path: str, function: form.FunctionForm) -> list[Found]:
        outer = outer_scope(path, function)
        found = [entry for d in function.decorators for _, entry in self.registrar.likely(d, outer)]
        if not found and self._takes_request(path, function):
            found = [Entry(runs="request", what="code that is given a request")]
        return [Found(entry, certain=False) for entry in found[:1]]

    def _takes_request(self, path: str, function: form.FunctionForm) -> bool:
        """A first parameter of a request's type, or of its name where the file imports a framework that has one."""
        is_method = function.owner is not None and function.parent is None
        if function.name in (form.MODULE, form.LAMBDA, form.CLASS_BODY) or (is_method and function.name == "__init__"):
            return False
        first = function.parameters[1:2] if is_method else function.parameters[:1]
        if not first or first[0].kind != "positional":
            return False
        names = self._annotated_names(first[0], outer_scope(path, function))
        if any(self.catalogue.request_type(name) for name in names):
            return True
        if first[0].name not in REQUEST_NAMES or names:
            return False
        return bool(self.registrar.imported_roots(path) & self._request_roots)

    def _annotated_names(self, parameter: form.Parameter, scope: Scope) -> list[str]:
        """Dotted names of the outside classes that a parameter is annotated with."""
        if parameter.annotation is None:
            return []
        members = alternatives(parameter.annotation)
        plain = [m.base if isinstance(m, form.Subscript) else m for m in members]
        found = [self.linker.meaning(member, scope) for member in plain if isinstance(member, form.Name | form.Attr)]
        return [meaning.name for meaning in found if isinstance(meaning, External)]


def outer_scope(path: str, function: form.FunctionForm) -> Scope:
    """Where the head of a definition is evaluated."""
    return Scope(path, function.parent or form.MODULE)


def head_scope(path: str, function: form.FunctionForm, expression: form.Call) -> Scope:
    """The scope for a call in a head: a call is numbered with its own function, names are looked up outside."""
    has_calls = any(isinstance(e, form.Call) for a in expression.args for e in expressions(a.value))
    return Scope(path, function.qualified) if has_calls else outer_scope(path, function)


def body_calls(function: form.FunctionForm) -> tuple[form.Call, ...]:
    return overview(function).calls


def head_calls(function: form.FunctionForm) -> Iterator[form.Call]:
    for head in heads(function):
        for expression in expressions(head):
            if isinstance(expression, form.Call):
                yield expression


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    """Whether a name is one of these; `*` alone stands for every public name."""
    for pattern in patterns:
        if pattern == PUBLIC:
            if not name.startswith("_"):
                return True
        elif pattern == name or ("*" in pattern and fnmatchcase(name, pattern)):
            return True
    return False


def _is_base(base: str, names: frozenset[str]) -> bool:
    return base in names or ("*" in base and any(fnmatchcase(name, base) for name in names))
