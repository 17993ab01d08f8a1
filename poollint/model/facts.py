"""What is true of a file, as rules read it. Made by `analysis`, by places, never by positions.

Each site appears once with everything that was found out about it; a rule picks the sites that are at
fault and words them. Texts in backticks are rendered from the form.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .acquired import AcquireFact
from .capacity import CapacityFact
from .finding import Step
from .identity import PoolKey, Runs
from .library import Constructor, Library
from .option import Freshness, Misfit, Option, Unbounded
from .span import Place
from .value import Value

# --- constructions -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LoopFact:
    """The construction runs on each turn of a loop that does not end by it.

    `kind`: "for" (over things that are known when it begins), "while" or "comprehension".
    """

    place: Place
    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class ThreadedUse:
    """Code of several threads at once uses one object: `what` runs it ("a Flask route"), `steps` lead there."""

    what: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class SharedFact:
    """A session that a module makes for everybody, and that several threads use at once."""

    place: Place
    text: str
    kind: str
    threads: ThreadedUse


@dataclass(frozen=True, slots=True)
class ConstructFact:
    """A place where a pool, engine, client, session, connection or one-shot is constructed.

    `place` is the construction, or, when it stands in a function that returns it, the call that gives it
    (then `through` tells the way, outermost first, and `origin` the construction itself). `lifetime`:
    "local" (used and dropped in this function), "returned", "property" (given anew at each access), "lasting"
    (global, class or application attribute), "instance" (kept by an object that its maker drops), "kept" (by any
    other object), "guarded" (made once behind a check or cache), "handed-on" (passed on; not ours), "lent"
    (yielded to the caller's block). `managed` = entered by `with`; `closed` = a closing method is called on it.
    `uses` counts the distinct calls made on it inside its life; `lives_long`: a `while` or a subscription goes on
    with it. `given` maps keyword -> value by the catalogue's options. `by_turn`: its arguments change with the loop;
    `unpooled`: it was told to keep nothing (a null pool).
    `fixed_host`: a one-shot's URL begins with a literal host of another machine. `described`: it is only asked for
    what describes it (an engine's dialect). `lends`: something that was got from it leaves the function. `at_import`:
    it needs a running event loop and is made where none runs. `unclosed`: the attribute in which objects of a class
    keep it that have no way to close it. `threads`: a use of it in threads, where it does not bear that.
    """

    place: Place
    origin: Place
    library: Library
    constructor: Constructor
    name: str
    kind: str
    text: str
    runs: Runs
    lifetime: str
    managed: bool
    closed: bool
    loop: LoopFact | None
    uses: int
    uses_in_loop: bool
    lives_long: bool
    key: PoolKey | None
    through: tuple[Step, ...] = ()
    given: dict[str, Value] = field(default_factory=dict)
    mocked: bool = False
    by_turn: bool = False
    unpooled: bool = False
    fixed_host: str = ""
    dotted: str = ""
    """The catalogue's name of its constructor."""
    described: bool = False
    lends: bool = False
    at_import: bool = False
    unclosed: str = ""
    threads: ThreadedUse | None = None

    @property
    def noun(self) -> str:
        """The kind with its article."""
        return f"an {self.kind}" if self.kind[0] in "aeiou" else f"a {self.kind}"


@dataclass(frozen=True, slots=True)
class FreshnessFact:
    """A construction whose connections may go stale.

    `dialect` is None when the URL is not known. `fault`: "kept" (none of the settings is given, certainly),
    "unchecked" (they are renewed, and not looked at before use), "too-long" (renewed after `recycle` seconds, when the
    server has closed them after `server` already). `is_given`: one of the settings is there, and switches it off.
    `spread`: the keywords that come by `**`, which cannot be written into the call once more.
    """

    place: Place
    library: Library
    name: str
    text: str
    freshness: Freshness
    dialect: str | None
    runs: Runs
    options: tuple[Option, ...] = ()
    fault: str = "kept"
    is_given: bool = False
    spread: frozenset[str] = frozenset()
    recycle: float = 0
    server: float = 0


@dataclass(frozen=True, slots=True)
class UnboundedFact:
    """A call that waits without end, or a construction whose calls do.

    `keyword` is the option that would bound it, `given` what it is given instead ("timeout=None"), "" when it is not
    given at all. `version` is the one of the library that the project requires, where the default depends on it.
    `made` is where the object that it is called on was made without a bound. `is_likely` is False where the wait is
    rare, for a slot of a large pool. `is_construction`: it is made here, and waits when it is called.
    `is_open`: the option can be written into the call, where it is not given or by keyword.
    """

    place: Place
    library: Library
    text: str
    unbounded: Unbounded
    keyword: str
    given: str
    runs: Runs
    version: str = ""
    made: Step | None = None
    is_likely: bool = True
    is_construction: bool = False
    is_open: bool = True


@dataclass(frozen=True, slots=True)
class MisfitFact:
    """A setting that certainly fails, or has no effect.

    `argument` is the setting as it is given ("pool_size=5"), `other` what it does not go with ("poolclass=NullPool").
    `is_open`: it stands in the call by its keyword, so that it can be taken out.
    """

    place: Place
    library: Library
    text: str
    misfit: Misfit
    argument: str
    other: str = ""
    is_open: bool = False


# --- blocking calls ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BlockingFact:
    """A blocking call in an `async def`, directly (`chain` empty) or through sync helpers.

    `what` is the noun of the wait ("a database query"), `target` the library's name of what is called,
    `receiver` the text of the object it is called on ("" for functions): calls on one object in one function
    are one fault. `chain` leads from the helper's own call to the blocking one, outermost first.
    """

    place: Place
    text: str
    what: str
    target: str
    receiver: str
    function: str
    runs: Runs
    chain: tuple[Step, ...] = ()
    makes_more: bool = False
    """It gives a connection or client, whose own calls block as well: to move this one to a thread helps little."""


# --- coroutines that nothing awaits ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class UnawaitedFact:
    """A call that makes a coroutine which nothing ever awaits. `does`: "acquire", "release" or "close" (of a pool or
    client, or by a function of the project that does so). `is_released`: the function releases what the acquire would
    give."""

    place: Place
    text: str
    does: str
    is_async_function: bool
    is_released: bool = False


@dataclass(frozen=True, slots=True)
class TimedFact:
    """An acquire or a release ("acquire", "release" in `does`) that a timer from outside, `timer` as text, cancels."""

    place: Place
    text: str
    does: str
    timer: str


@dataclass(frozen=True, slots=True)
class PoolImport:
    """The module that the reference pool is imported from; `is_known`: certainly there when the code runs."""

    module: str = "poollint.pool"
    is_known: bool = False


@dataclass(frozen=True, slots=True)
class FileFacts:
    """Everything that rules may ask about one file."""

    path: str
    acquires: tuple[AcquireFact, ...] = ()
    constructs: tuple[ConstructFact, ...] = ()
    freshness: tuple[FreshnessFact, ...] = ()
    unbounded: tuple[UnboundedFact, ...] = ()
    misfits: tuple[MisfitFact, ...] = ()
    blocking: tuple[BlockingFact, ...] = ()
    shared: tuple[SharedFact, ...] = ()
    unawaited: tuple[UnawaitedFact, ...] = ()
    timed: tuple[TimedFact, ...] = ()
    capacities: tuple[CapacityFact, ...] = ()
    unknown: dict[str, int] = field(default_factory=dict)
    pool_import: PoolImport = PoolImport()
