"""What is known of a value without running the program: `Known | OneOf | Default | Unknown`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NoReturn, Union

Literal = Union[str, int, float, bool, None]


class Reason(Enum):
    """Why a value is not known; counted in the summary, since the counts say what to build next."""

    PARAMETER = "parameter"
    ENVIRONMENT = "environment"
    UNRESOLVED_IMPORT = "unresolved-import"
    DYNAMIC = "dynamic"
    TOO_MANY = "too-many"
    CUT_OFF = "cut-off"


@dataclass(frozen=True, slots=True)
class Known:
    """Exactly this literal."""

    value: Literal


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of these literals, by a branch that cannot be decided here."""

    values: tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class Default:
    """Not given: the library's own default. `source` names the catalogue's evidence."""

    value: Literal
    source: str


@dataclass(frozen=True, slots=True, eq=False)
class Unknown:
    """Not known. Truth and comparison raise, so that no rule can take it for an answer."""

    reason: Reason

    def __bool__(self) -> NoReturn:
        raise TypeError(f"the truth of an unknown value ({self.reason.value}) was asked")

    def __eq__(self, other: object) -> NoReturn:
        raise TypeError(f"an unknown value ({self.reason.value}) was compared")

    __hash__ = object.__hash__


Value = Union[Known, OneOf, Default, Unknown]
