"""Qualified names of functions and classes as a file is read: both readers of source give the same ones."""

from __future__ import annotations


class Qualifying:
    """The scopes that are open, outermost first as (qualified name, whether it is a class), and how often each name
    was taken. Readers make both."""

    scopes: list[tuple[str, bool]]
    taken: dict[str, int]

    def enter(self, name: str, is_class: bool) -> str:
        """Opens a scope; the second of one name is `name@2`."""
        outer = self.scopes[-1][0] if self.scopes else ""
        qualified = f"{outer}.{name}" if outer else name
        count = self.taken[qualified] = self.taken.get(qualified, 0) + 1
        if count > 1:
            qualified = f"{qualified}@{count}"
        self.scopes.append((qualified, is_class))
        return qualified

    def enclosing(self) -> tuple[str | None, str | None]:
        """(owner class, parent function) of the innermost open scope."""
        if not self.scopes:
            return None, None
        name, is_class = self.scopes[-1]
        if is_class:
            return name, next((scope for scope, kind in reversed(self.scopes) if not kind), None)
        return None, name
