"""What a catalogue file of a library may say. One dataclass a table; the loader refuses any other key.

Users teach their own wrappers with the same tables under `[[tool.poollint.library]]`.
Types are named within their library (`pool`, `async_pool`); outside it, as `library:type`.
Dotted names are the ones that users write: where the library documents the object, plus its re-exports.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .option import Freshness, Misfit, Option, Unbounded

KINDS = ("pool", "engine", "client", "factory", "session", "connection", "response", "cursor", "one-shot", "other")
POOL_OWNING = ("pool", "engine", "client")
AWAITED = ("no", "must", "optional")
OPENS = ("lazy", "eager", "background", "on-enter")
PER_CALL = ("fault", "tolerated")
MUST_CLOSE = ("always", "when-made-per-call", "never")
CONTEXT = ("releases", "transaction", "closes-and-leaks", "error", "none")
BARE = ("holds", "holds-when-awaited", "context-manager", "lazy")
HELD_FOR = ("lease", "result")
DROPPED = ("leaked", "returned", "closed", "closed-with-warning", "returned-by-collector")
EXHAUSTED = ("raises", "waits", "waits-forever", "grows", "discards")
DOUBLE_RELEASE = ("raises", "harmless", "corrupts")
ROLES = (
    "size", "idle-size", "overflow", "hosts", "per-host", "blocking", "acquire-timeout", "recycle", "idle",
    "liveness", "timeout", "connect-timeout", "keepalive", "reset", "waiting-limit", "pool-class", "url",
    "recycle-uses",
)  # fmt: skip
RELEASED_ON = ("self", "pool")
IMPORT_TIME = ("allowed", "raises")
CHANGED_KINDS = ("acquire", "borrowed", "other")
ENUMERATED: dict[str, tuple[str, ...]] = {
    "kind": KINDS,
    "awaited": AWAITED,
    "opens": OPENS,
    "must_close": MUST_CLOSE,
    "context": CONTEXT,
    "context_awaited": CONTEXT,
    "closing": CONTEXT,
    "bare": BARE,
    "held_for": HELD_FOR,
    "dropped": DROPPED,
    "exhausted": EXHAUSTED,
    "double_release": DOUBLE_RELEASE,
    "role": ROLES,
    "on": RELEASED_ON,
    "import_time": IMPORT_TIME,
    "changes_kind": CHANGED_KINDS,
    "per_call": PER_CALL,
}
"""Field name -> its words, wherever the field is a text (or a table whose values are)."""


@dataclass(frozen=True, slots=True)
class Release:
    """`pool.method(resource)` when `on` is "pool", `resource.method()` when "self".

    `awaited`: "must" = nothing happens un-awaited; "optional" = the work is done by the call itself.
    `until_next_use`: it gives the connection back, and the next statement acquires again (a session's commit).
    `when` = {keyword = value}: releases only if the pool's constructor was given this (`close_returns=True`).
    `reads`: it releases by reading to the end (an HTTP response's `json()`); attributes count alike. What is read in
    turns (`iter_content()`) is a `Derive` that `holds`.
    """

    method: str
    on: str = "self"
    awaited: str = "no"
    until_next_use: bool = False
    reads: bool = False
    when: dict[str, object] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True, slots=True)
class Type:
    """A kind of object that the library hands out.

    `names`: classes whose instances are of it, as annotations and `isinstance` name them (constructors that
    are classes need not be repeated). `instances`: dotted names that are such an object themselves (a module's
    ready-made one). `context`: what `with` on such an object means. `bases`: types of this
    library whose methods it has too. `attributes`: name -> type of this library. `data`: attributes that only describe
    it; nothing connects for them. `endless`: what it is iterated for goes on until the connection ends (a
    subscription, a websocket).
    """

    name: str
    kind: str
    sync: bool = True
    endless: bool = False
    names: tuple[str, ...] = ()
    instances: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    context: str = "none"
    attributes: dict[str, str] = field(default_factory=dict)
    data: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Constructor:
    """A class or function that makes a pool, engine, client, factory, session or connection.

    `awaited`: must the call be awaited (or entered) to give the object. `blocks`: the call itself does I/O
    (an eager pool, a driver's `connect`). `changes_kind`: keyword -> kind the call has when that keyword is
    given ("acquire", "borrowed" = uses a pool owned elsewhere, "other"). `shared`: it hands out one object
    for the whole process (`urllib3.request`). `unpooled`: those of `names` that keep nothing. `close_at_once`: those
    of `close` that do their work when they are called, where others must be awaited.
    `per_call`: "fault", or "tolerated" where a short life is the library's own idiom (client-per-call is silent).
    `rides_on`: types of which one, given as the first argument or as `bind`, lends its own connection, so that
    nothing is acquired. `off_network`: keyword -> dotted constructors with which nothing goes over a network (an
    in-process transport).
    `import_time_unless`: keyword -> literal with which it may be made at import after all (`open=False`).
    `makes_when`: keyword -> dotted value -> what it makes then, in place of `makes` (`class_=AsyncSession`).
    `context`, `closing`, `release`, `not_release`, `dropped`, `double_release` as in `Acquire`, for kinds
    "session" and "connection", whose construction is a site of the leak rules; so is that of a factory with
    `release`, which holds the session that it hands out again and again. `exhausted`
    and `wait_seconds` as in `Acquire`, for pools of which no method is an acquire.
    """

    names: tuple[str, ...]
    makes: str
    kind: str
    sync: bool = True
    awaited: str = "no"
    opens: str = "lazy"
    blocks: bool = False
    must_close: str = "never"
    close: tuple[str, ...] = ()
    close_awaited: bool = False
    close_at_once: tuple[str, ...] = ()
    loop_bound: bool = False
    import_time: str = "allowed"
    import_time_unless: dict[str, object] = field(default_factory=dict)
    thread_safe: bool = True
    fork_safe: bool = True
    shared: bool = False
    reusable_after_close: bool = False
    unpooled: tuple[str, ...] = ()
    changes_kind: dict[str, str] = field(default_factory=dict)
    per_call: str = "fault"
    rides_on: tuple[str, ...] = ()
    off_network: dict[str, tuple[str, ...]] = field(default_factory=dict)
    makes_when: dict[str, dict[str, str]] = field(default_factory=dict)
    context: str = "none"
    closing: str = "none"
    bare: str = "holds"
    dropped: str = "leaked"
    release: tuple[Release, ...] = ()
    not_release: tuple[str, ...] = ()
    double_release: str = "harmless"
    exhausted: str = ""
    wait_seconds: float | None = None
    since: str = ""
    until: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Acquire:
    """A method (of a type in `on`) or a function (`names`) that hands out a held resource of type `returns`.

    `awaited`: "must" for coroutines; "optional" where the result is both awaitable and a context manager.
    `needs_keywords`: it acquires only when called with these (`stream=True`).
    `context`: what `with <acquire>` means. `context_awaited`: the same for `async with await <acquire>`.
    `closing`: the same for `contextlib.closing(<acquire>)`. `bare`: what a call outside `with` gives.
    `unique_method`: no other library has such a method, so that it speaks for its receiver.
    `wait_seconds`: how long an exhausted pool waits by default. `keyed`: a keyword or position-0 argument
    that makes a second acquire return the same connection (psycopg2's `key`). `held_for`: "result" where a
    connection is held only while a result is read or a transaction is open.
    """

    returns: str
    on: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    sync: bool = True
    awaited: str = "no"
    needs_keywords: dict[str, object] = field(default_factory=dict)
    context: str = "none"
    context_awaited: str = "none"
    closing: str = "none"
    bare: str = "holds"
    dropped: str = "leaked"
    exhausted: str = "waits-forever"
    wait_seconds: float | None = None
    release: tuple[Release, ...] = ()
    not_release: tuple[str, ...] = ()
    double_release: str = "harmless"
    unique_method: bool = False
    keyed: str = ""
    held_for: str = "lease"
    commits: bool = False
    borrow: bool = False
    """Its own library has no `with` that gives it back: fixes lead to `borrow` of the reference pool."""
    context_since: str = ""
    """The version from which `with` on it works; a fix does not write it."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Derive:
    """A method (or attribute) of `on` whose result belongs to the same held resource (`conn.cursor()`).

    `may_raise`: whether the call can fail in practice; `holds`: whether the result keeps the resource held (of a
    response: until it is iterated to its end). `releases_failing`: when the call raises, it has released.
    `returns` "" means: something of no type of its own.
    """

    on: tuple[str, ...]
    methods: tuple[str, ...]
    returns: str = ""
    awaited: str = "no"
    may_raise: bool = True
    holds: bool = False
    releases_failing: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Blocking:
    """Calls that wait on network or lock without `await`: methods of types, or functions by name.

    `what` is the short noun for messages ("a database query"). `except_in`: names of wrappers in whose
    callable argument it is fine beyond the frameworks' hand-offs (`AsyncSession.run_sync`).
    """

    on: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    what: str = "network I/O"
    note: str = ""


@dataclass(frozen=True, slots=True)
class Implicit:
    """Methods of a pool, engine or client that acquire and release inside (`pool.fetchval`)."""

    on: tuple[str, ...]
    methods: tuple[str, ...]
    awaited: str = "no"
    note: str = ""


@dataclass(frozen=True, slots=True)
class FactoryCall:
    """Calling an object of type `on` (a sessionmaker) gives `makes`; `methods` do so by name instead."""

    on: tuple[str, ...]
    makes: str
    methods: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class ReExport:
    """Names of another library under this root: `name` here is `target` there."""

    name: str
    target: str


@dataclass(frozen=True, slots=True)
class Library:
    """One file of `catalogue/libraries/`. `roots` are import roots; no root is in two files.

    `distributions` are what an installer calls it; `verified` the versions that the facts were seen on.
    `not_installable`: why no wheel can be had, else "". `unresolved`: dotted name -> why the installed version
    lacks it (older or newer versions have it, or it needs another package). `has_server_limit`: its pools are on
    databases that refuse connections above a number. `file_role`: the part that files
    play which import it at module level, and folders that bear its name ("migrations").
    """

    roots: tuple[str, ...]
    name: str
    title: str
    distributions: tuple[str, ...]
    verified: str
    docs: str
    not_installable: str = ""
    has_server_limit: bool = False
    unresolved: dict[str, str] = field(default_factory=dict)
    file_role: str = ""
    note: str = ""
    types: tuple[Type, ...] = ()
    constructors: tuple[Constructor, ...] = ()
    acquires: tuple[Acquire, ...] = ()
    derives: tuple[Derive, ...] = ()
    blocking: tuple[Blocking, ...] = ()
    implicit: tuple[Implicit, ...] = ()
    factories: tuple[FactoryCall, ...] = ()
    options: tuple[Option, ...] = ()
    freshness: tuple[Freshness, ...] = ()
    unbounded: tuple[Unbounded, ...] = ()
    misfits: tuple[Misfit, ...] = ()
    re_exports: tuple[ReExport, ...] = ()
