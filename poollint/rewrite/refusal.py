"""How a verb says that the text is not one that it can change."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """A plan that the text does not allow; `reason` is for people, without a final stop."""

    reason: str


class Refused(ValueError):
    """Raised inside a verb, turned into a `Refusal` where plans are carried out."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
