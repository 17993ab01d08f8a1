"""What a catalogue file of a framework may say: where code runs, and on which thread.

Handlers run per request, task, message or event; once-places run once a process; cached factories give the
same object again; hand-offs run a callable in a thread.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .server import Crowd, Server

RUNS = ("request", "once", "called")
WHERE = ("thread", "process", "loop")
GIVES = ("same", "closing", "entered")
SHAPES = ("executor", "guard", "single", "gather")
BECOMES = ("itself", "staticmethod", "classmethod", "property", "manager", "fixture")
ENUMERATED: dict[str, tuple[str, ...]] = {
    "runs": RUNS,
    "where": WHERE,
    "gives": GIVES,
    "shape": SHAPES,
    "becomes": BECOMES,
}
"""Field name -> its words."""


@dataclass(frozen=True, slots=True)
class AppType:
    """Classes whose instances are an application, router, task queue, ... `calls`: functions that give one.

    `instances`: dotted names that are such an object themselves (`flask.current_app`). `parameters`: what handlers
    call it by custom, believed of a first parameter without annotation in files that import one of `imports`.
    """

    name: str
    names: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    attributes: dict[str, str] = field(default_factory=dict)
    instances: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A way by which the framework calls a function; `runs` is "request", "once", or "called" for decorators
    after which a function still runs each time that it is called (`@retry`, `@contextmanager`).

    `on` + `decorators`: `@app.get(...)` on an object of these types. `decorator_names`: `@shared_task`.
    `bases` + `methods`: methods of classes derived from these names ("*" = every public method). A base with
    a `*` is matched against `module.Class` of both installed and first-party classes.
    A decorator may be a dotted path below the object (`@app.cli.command()`).
    `on` + `registers` (method, or dotted path -> argument index or keyword): `app.add_url_rule(..., view_func)`,
    `app.on_startup.append(f)`; `on` "*" is any receiver. Where `methods` are given and an object or class is
    registered, those of its methods are meant.
    `call_names` (dotted -> argument index): `django.urls.path("x", view)`, `Route("/x", endpoint)`.
    `keywords`: constructor keywords that take such a function (`FastAPI(lifespan=...)`), on `on` types; with
    `class_names`, attributes of classes so named instead (`class WorkerSettings: functions = [...]`).
    `parameters`: exact parameter names of a module-level function, or of a `__call__` after self, that mark it
    (Lambda's event, context).
    `function_names`: module-level names that mark it in `file_names` (gunicorn hooks), any file if empty.
    Methods, bases, function and file names may be globs.
    `threaded_when_sync`: a plain `def` is run in a thread by the framework.
    `is_test`: code that only tries other code out: what nothing else calls is not proven to run once.
    `serves`: requests or tasks are served while it runs; not so before the first one and after the last.
    """

    runs: str
    what: str
    on: tuple[str, ...] = ()
    decorators: tuple[str, ...] = ()
    decorator_names: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    registers: dict[str, object] = field(default_factory=dict)
    call_names: dict[str, object] = field(default_factory=dict)
    keywords: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    function_names: tuple[str, ...] = ()
    file_names: tuple[str, ...] = ()
    class_names: tuple[str, ...] = ()
    threaded_when_sync: bool = False
    is_test: bool = False
    serves: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True)
class Dependency:
    """`Depends(get_db)`: the parameter is what `get_db` returns or yields; `argument` counts from 0."""

    names: tuple[str, ...]
    argument: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Cached:
    """Decorators after which a function or property gives the same object again."""

    decorators: tuple[str, ...]
    per_instance: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Decorator:
    """What a decorator makes of a function: "itself" (called and answering as it stands there; so does every plain
    decorator), "staticmethod", "classmethod", "property", "manager" (a generator becomes a context manager),
    "fixture" (a generator that the framework enters and leaves).

    `names` are dotted. One that begins with `*.` is a glob of the last word, for what is imported from a module that
    nothing is known of.
    """

    becomes: str
    names: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Logging:
    """Calls that write a log: `methods` of what `makers` give, or of what is known by none of them and is called one
    of `customary`. They keep nothing, and do not fail."""

    makers: tuple[str, ...]
    methods: tuple[str, ...]
    customary: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Swallowing:
    """Context managers that swallow what their block raises: `names`, or `methods` of any receiver; `listed`: only
    the exceptions that are their arguments."""

    names: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    listed: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class HandOff:
    """Calls that run their callable argument elsewhere than in the calling frame.

    `names`: dotted functions; `methods`: method names on any receiver (`run_in_executor`); `argument`: index of
    the callable, `keyword` its name. `where`: "thread", "process" or "loop".
    """

    argument: int
    names: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    keyword: str = ""
    where: str = "thread"
    note: str = ""


@dataclass(frozen=True, slots=True)
class Wrapper:
    """Calls whose result stands for one of their arguments.

    `gives`: "same" (awaited or used, it is the argument), "closing" (a context manager that closes the argument),
    "entered" (what a `with` on the argument binds; whoever was called leaves it). `names`: dotted functions;
    `methods`: method names on any receiver (`enter_context`); `argument`: index of the argument.
    """

    gives: str
    argument: int = 0
    names: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Borrower:
    """Functions (`names`) and methods (`methods`, on any receiver) that use the pool, connection or cursor they are
    given, and keep nothing of it when they return; `unless`: keywords with which the result goes on reading."""

    names: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class ThreadDecorator:
    """Decorators that move the whole body to a thread (`@sync_to_async`)."""

    names: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class RequestType:
    """Annotations that mark a parameter as a framework's request."""

    names: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Holder:
    """Pseudo-attributes that keep objects for the application: `app.state.NAME`, `app["NAME"]`, `g.NAME`.

    `path`: the attribute between the object and the name ("state"; "" = subscripts with a literal key).
    `per_request`: what is kept dies with the request (`flask.g`, `request.state`).
    """

    on: tuple[str, ...]
    path: str
    names: tuple[str, ...] = ()
    per_request: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Deadline:
    """Context managers and wrappers that end what runs in them after some time. `sync`: blocking calls as well."""

    names: tuple[str, ...]
    sync: bool = False


@dataclass(frozen=True, slots=True)
class Framework:
    """One file of `catalogue/frameworks/`.

    `threaded`: servers and workers of it run plain `def` handlers in several threads at once.
    `other_versions`: dotted names of the file that older or newer versions than `verified` have. `thread_limit`:
    how many threads run its plain handlers, unless that is changed; `thread_limit_name` is the attribute that
    changes it.
    """

    roots: tuple[str, ...]
    name: str
    title: str
    docs: str
    verified: str = ""
    distributions: tuple[str, ...] = ()
    not_installable: str = ""
    other_versions: tuple[str, ...] = ()
    threaded: bool = False
    thread_limit: int = 0
    thread_limit_name: str = ""
    note: str = ""
    types: tuple[AppType, ...] = ()
    entries: tuple[Entry, ...] = ()
    dependencies: tuple[Dependency, ...] = ()
    cached: tuple[Cached, ...] = ()
    hand_offs: tuple[HandOff, ...] = ()
    decorators: tuple[Decorator, ...] = ()
    loggings: tuple[Logging, ...] = ()
    swallowings: tuple[Swallowing, ...] = ()
    wrappers: tuple[Wrapper, ...] = ()
    borrowers: tuple[Borrower, ...] = ()
    thread_decorators: tuple[ThreadDecorator, ...] = ()
    request_types: tuple[RequestType, ...] = ()
    holders: tuple[Holder, ...] = ()
    deadlines: tuple[Deadline, ...] = ()
    crowds: tuple[Crowd, ...] = ()
    servers: tuple[Server, ...] = ()
