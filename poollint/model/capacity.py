"""Facts about sizes: how many connections a pool may have, and who wants them at once."""

from __future__ import annotations

from dataclasses import dataclass

from .finding import Step
from .library import Library
from .option import Option
from .sizing import Load
from .span import Place
from .value import Value


@dataclass(frozen=True, slots=True)
class Demand:
    """How many of one process may want a connection of a pool at once.

    `kind`: "batch" (the program's own threads or tasks), "handlers" (threads or tasks that serve requests).
    `noun` is what they are ("threads"), `source` where the number stands (`ThreadPoolExecutor(20)`, `--threads 20`
    of Procfile:1). `is_default`: nobody said it, the framework does so. `steps` lead from there to the pool's use.
    """

    kind: str
    number: int
    noun: str
    source: str
    steps: tuple[Step, ...] = ()
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class Budget:
    """What all pools of all processes of the project may open together. `database` is its limit, `reserved` what of
    that others need; `source` says where the numbers stand."""

    pools: int
    each: int
    processes: int
    hosts: int
    database: int
    reserved: int
    source: str

    @property
    def needed(self) -> int:
        return self.each * self.processes * self.hosts


@dataclass(frozen=True, slots=True)
class CapacityFact:
    """How many connections a pool may have, and who wants them.

    `limit`: size and overflow together; None where it is not known or there is none. `unlimited` is the setting that
    takes the limit away (`max_overflow=-1`), `is_unlimited_by_default` when nothing is said. `kept`: connections that
    come back above so many idle are closed, None where the library keeps all. `exhausted` as in the catalogue's
    `Acquire`, `wait` its seconds. `served`: "async", "sync" or "" by the request handlers that use it;
    `is_guarded`: all uses in sight stand behind a semaphore. `settings` maps role -> (keyword, value, may be given
    by keyword); `load` is what the user declares of it.
    """

    place: Place
    library: Library
    name: str
    text: str
    kind: str
    key: str
    limit: int | None
    unlimited: str
    is_unlimited_by_default: bool
    kept: int | None
    exhausted: str
    wait: float | None
    settings: dict[str, Setting]
    demands: tuple[Demand, ...] = ()
    served: str = ""
    is_used: bool = False
    is_guarded: bool = False
    load: Load | None = None
    budget: Budget | None = None


@dataclass(frozen=True, slots=True)
class Setting:
    """An option of a construction. `is_free`: the call can give it by keyword, which it does already, or nothing does
    (neither a position nor a `**`)."""

    option: Option
    value: Value
    is_free: bool
