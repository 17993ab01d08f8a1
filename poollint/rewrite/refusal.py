"""How a verb says that the text is not one that it can change."""

from __future__ import annotations


class Refused(ValueError):
    """Raised inside a verb whose plan the text does not allow; `reason` is for people, without a final stop."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
