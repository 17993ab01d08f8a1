"""What the catalogue knows of frameworks: applications, how they call functions, where callables run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from poollint.catalogue.tables import full_id
from poollint.model.framework import (
    Borrower,
    Cached,
    Deadline,
    Decorator,
    Dependency,
    Entry,
    Framework,
    HandOff,
    Holder,
    Logging,
    Swallowing,
    Wrapper,
)
from poollint.model.server import Crowd, Server


class Applications:
    """The look-ups by framework; type ids are `framework:type`."""

    def __init__(self, frameworks: Sequence[Framework]) -> None:
        self.frameworks = tuple(frameworks)
        self.framework_roots = frozenset(root for framework in frameworks for root in framework.roots)
        self._app_types: dict[str, str] = {}
        self._app_attributes: dict[tuple[str, str], str] = {}
        self._app_instances: dict[str, str] = {}
        self._by_custom: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
        self._holders_on: dict[str, list[Holder]] = {}
        for framework in self.frameworks:
            for kind in framework.types:
                type_id = f"{framework.name}:{kind.name}"
                self._app_types.update(dict.fromkeys((*kind.names, *kind.calls), type_id))
                self._app_instances.update(dict.fromkeys(kind.instances, type_id))
                for name in kind.parameters:
                    self._by_custom.setdefault(name, []).append((type_id, kind.imports))
                for attribute, other in kind.attributes.items():
                    self._app_attributes[type_id, attribute] = full_id(framework.name, other)
            for holder in framework.holders:
                for on in holder.on:
                    self._holders_on.setdefault(full_id(framework.name, on), []).append(holder)
        self.entries: tuple[tuple[Framework, Entry], ...] = tuple((f, e) for f in frameworks for e in f.entries)
        self.hand_offs: tuple[HandOff, ...] = tuple(h for f in frameworks for h in f.hand_offs)
        self._plain = {name for _, e in self.entries if e.runs == "called" for name in e.decorator_names}
        self._hand_offs = {name: h for h in reversed(self.hand_offs) for name in h.names}
        self._hand_off_methods = {name: h for h in reversed(self.hand_offs) for name in h.methods}
        wrappers = [wrapper for f in frameworks for wrapper in f.wrappers]
        self._wrappers = {name: w for w in wrappers for name in w.names}
        self._wrapper_methods = {name: w for w in wrappers for name in w.methods}
        borrowers = [borrower for f in frameworks for borrower in f.borrowers]
        self._borrowers = {name: b for b in borrowers for name in b.names}
        self._borrower_methods = {name: b for b in borrowers for name in b.methods}
        self._dependencies = {name: d for f in frameworks for d in f.dependencies for name in d.names}
        self._cached = {name: c for f in frameworks for c in f.cached for name in c.decorators}
        self._decorators = _Decorators(d for f in frameworks for d in f.decorators)
        self.loggings: tuple[Logging, ...] = tuple(o for f in frameworks for o in f.loggings)
        self.log_methods = frozenset(method for o in self.loggings for method in o.methods)
        swallowings = [s for f in frameworks for s in f.swallowings]
        self._swallowings = {name: s for s in swallowings for name in s.names}
        self._swallowing_methods = {name: s for s in swallowings for name in s.methods}
        self._holders = {name: h for f in frameworks for h in f.holders for name in h.names}
        self._thread_decorators = {name for f in frameworks for t in f.thread_decorators for name in t.names}
        self.servers: tuple[Server, ...] = tuple(s for f in frameworks for s in f.servers)
        self._crowds = {name: c for f in frameworks for c in f.crowds for name in c.names}
        self.server_calls = {name: server for server in self.servers for name in server.calls}
        """Functions that run a server."""
        self.crowd_words = frozenset(_crowd_words(self._crowds))
        """Last words of the calls by which code is run many times at once."""
        self._framework_of = {id(entry): framework for framework, entry in self.entries}
        self._request_types = {name for f in frameworks for r in f.request_types for name in r.names}
        self._deadlines = {name: d for f in frameworks for d in f.deadlines for name in d.names}

    def app_type(self, dotted: str) -> str | None:
        """The `framework:type` of a class's instances, or of what a function gives."""
        return self._app_types.get(dotted)

    def app_instance(self, dotted: str) -> str | None:
        """The `framework:type` of a name that is such an object itself."""
        return self._app_instances.get(dotted)

    def by_custom(self, parameter: str) -> list[tuple[str, tuple[str, ...]]]:
        """(`framework:type`, imports of which the file must have one) of what handlers so call."""
        return self._by_custom.get(parameter, [])

    def app_attribute(self, type_id: str, name: str) -> str | None:
        return self._app_attributes.get((type_id, name))

    def holder_paths(self, type_id: str) -> frozenset[str]:
        """Attributes between an application and the names that it keeps ("" = subscripts)."""
        return frozenset(holder.path for holder in self._holders_on.get(type_id, ()))

    def holders_of(self, type_id: str) -> tuple[Holder, ...]:
        return tuple(self._holders_on.get(type_id, ()))

    def holder(self, dotted: str) -> Holder | None:
        """The holder that is a name itself (`flask.g`)."""
        return self._holders.get(dotted)

    def dependency(self, dotted: str) -> Dependency | None:
        return self._dependencies.get(dotted)

    def cached(self, dotted: str) -> Cached | None:
        return self._cached.get(dotted)

    def leaves_alone(self, dotted: str) -> bool:
        """Whether a decorator leaves a function to be called by whoever calls it."""
        return dotted in self._plain

    def made_by_decorator(self, dotted: str) -> str:
        """What the decorator makes of a function, as in `Decorator.becomes`; "" where nobody knows."""
        return self._decorators.makes(dotted) or ("itself" if self.leaves_alone(dotted) else "")

    def swallowing(self, dotted: str) -> Swallowing | None:
        return self._swallowings.get(dotted)

    def swallowing_method(self, method: str) -> Swallowing | None:
        """The one that a method name on any receiver is."""
        return self._swallowing_methods.get(method)

    def wrapper(self, dotted: str) -> Wrapper | None:
        return self._wrappers.get(dotted)

    def wrapper_method(self, method: str) -> Wrapper | None:
        """The one that a method name on any receiver is."""
        return self._wrapper_methods.get(method)

    def borrower(self, dotted: str) -> Borrower | None:
        return self._borrowers.get(dotted)

    def borrower_method(self, method: str) -> Borrower | None:
        """The one that a method name on any receiver is."""
        return self._borrower_methods.get(method)

    def hand_off(self, dotted: str) -> HandOff | None:
        return self._hand_offs.get(dotted)

    def hand_off_method(self, method: str) -> HandOff | None:
        """A hand-off by a method name alone (`run_in_executor`)."""
        return self._hand_off_methods.get(method)

    def deadline(self, dotted: str) -> Deadline | None:
        """What ends a call that stands in it after some time."""
        return self._deadlines.get(dotted)

    def thread_decorator(self, dotted: str) -> bool:
        return dotted in self._thread_decorators

    def request_type(self, dotted: str) -> bool:
        return dotted in self._request_types

    def crowd(self, dotted: str) -> Crowd | None:
        return self._crowds.get(dotted)

    def framework_of(self, entry: Entry) -> Framework:
        return self._framework_of[id(entry)]


class _Decorators:
    """By their dotted name; those that only a pattern of the last word knows after these."""

    def __init__(self, decorators: Iterable[Decorator]) -> None:
        self._exact: dict[str, str] = {}
        self._patterns: list[tuple[str, str]] = []
        for decorator in decorators:
            for name in decorator.names:
                if name.startswith("*."):
                    self._patterns.append((name.removeprefix("*."), decorator.becomes))
                else:
                    self._exact[name] = decorator.becomes

    def makes(self, dotted: str) -> str:
        if dotted not in self._exact:
            head, _, last = dotted.rpartition(".")
            fits = (makes for pattern, makes in self._patterns if head and fnmatchcase(last, pattern))
            self._exact[dotted] = next(fits, "")
        return self._exact[dotted]


def _crowd_words(crowds: Mapping[str, Crowd]) -> Iterator[str]:
    for name, crowd in crowds.items():
        if crowd.shape in ("single", "gather"):
            yield name.rpartition(".")[2]
        yield from (*crowd.methods, *crowd.given_to)
