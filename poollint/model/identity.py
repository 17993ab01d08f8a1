"""Which pool a thing is of, and how often code runs: what facts of every kind say."""

from __future__ import annotations

from dataclasses import dataclass

from .finding import Step


@dataclass(frozen=True, slots=True)
class PoolKey:
    """The first lasting place that a constructed value reaches; equal keys are one pool.

    `module:GLOBAL`, `module:Class.attribute`, `app:NAME`, else `module:function@ordinal`.
    """

    text: str


@dataclass(frozen=True, slots=True)
class Runs:
    """How often a function runs: `frequency` is "request", "once" or "unknown".

    `what` names the entry ("a FastAPI route"); `chain` leads from the entry's function to this one, one step
    a call; `certain` is False when only a parameter's name or type says so.
    """

    frequency: str
    what: str = ""
    chain: tuple[Step, ...] = ()
    certain: bool = True
