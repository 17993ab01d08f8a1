"""Numbers from 0 to 1 that keep apart from each other: jitter without luck."""

from __future__ import annotations

import os

__all__ = ["Spread"]

GOLDEN = 0.6180339887498949


class Spread:
    """Steps of the golden ratio from a random start: of any ten numbers in a row no two are closer than 0.05, and two
    processes do not keep step."""

    __slots__ = ("phase",)

    def __init__(self) -> None:
        self.phase = int.from_bytes(os.urandom(4), "big") / 2**32

    def next(self) -> float:
        self.phase = (self.phase + GOLDEN) % 1.0
        return self.phase
