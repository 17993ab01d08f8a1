"""Once-guards: what makes a call run once though its function runs often, and what only looks like it."""

from __future__ import annotations

import pytest
from reach_support import function_of, ordinal_of

from poollint.analysis.guards import once_guard

GUARDED = {
    "global none": """
        def f():
            global _pool
            if _pool is None:
                _pool = make()
            return _pool
    """,
    "global falsy": """
        def f():
            global _pool
            if not _pool:
                _pool = make()
    """,
    "double checked": """
        def f():
            global _pool
            if _pool is None:
                with lock:
                    if _pool is None:
                        _pool = make()
            return _pool
    """,
    "early return": """
        def f():
            global _pool
            if _pool is not None:
                return _pool
            settings = load()
            _pool = make(settings)
            return _pool
    """,
    "early return under a lock": """
        async def f():
            global _pool
            async with lock:
                if _pool:
                    return _pool
                _pool = await make()
    """,
    "flag": """
        def f():
            global _ready, _pool
            if _ready:
                return
            _pool = make()
            _ready = True
    """,
    "else branch": """
        def f():
            global _pool
            if _pool is not None:
                pool = _pool
            else:
                pool = _pool = make()
            return pool
    """,
    "key not in cache": """
        def f(key):
            if key not in _cache:
                _cache[key] = make(key)
            return _cache[key]
    """,
    "cache get": """
        def f(key):
            engine = _cache.get(key)
            if engine is None:
                engine = make(key)
                _cache[key] = engine
            return engine
    """,
    "walrus": """
        def f(key):
            if (engine := _cache.get(key)) is None:
                engine = _cache[key] = make(key)
            return engine
    """,
    "cache miss": """
        def f(key):
            try:
                return _cache[key]
            except KeyError:
                engine = _cache[key] = make(key)
                return engine
    """,
    "cache miss passed over": """
        def f(key):
            try:
                return _cache[key]
            except KeyError:
                pass
            _cache[key] = make(key)
            return _cache[key]
    """,
    "suppressed miss": """
        def f(key):
            with contextlib.suppress(KeyError):
                return _cache[key]
            engine = make(key)
            _cache[key] = engine
            return engine
    """,
    "setdefault": """
        def f(key):
            return _cache.setdefault(key, make(key))
    """,
    "or": """
        def f():
            global _pool
            _pool = _pool or make()
            return _pool
    """,
    "conditional": """
        def f():
            global _pool
            _pool = make() if _pool is None else _pool
    """,
    "function attribute": """
        def f():
            if not hasattr(f, "pool"):
                f.pool = make()
            return f.pool
    """,
    "getattr of the application": """
        def f(app):
            pool = getattr(app.state, "pool", None)
            if pool is None:
                pool = make()
                app.state.pool = pool
            return pool
    """,
    "application of a request": """
        def f(request):
            if request.app.state.pool is None:
                request.app.state.pool = make()
    """,
    "closed": """
        def f():
            global _session
            if _session is None or _session.closed:
                _session = make()
            return _session
    """,
    "made anew after a failure": """
        def f():
            global _pool
            try:
                return _pool.ask()
            except OSError:
                _pool = make()
                return _pool.ask()
    """,
    "thread local": """
        def f():
            if not hasattr(_local, "session"):
                _local.session = make()
            return _local.session
    """,
}

OF_INSTANCE = {
    "attribute": """
        class C:
            def f(self):
                if self._client is None:
                    self._client = make()
                return self._client
    """,
    "alias": """
        class C:
            def f(self):
                client = self._client
                if not client:
                    client = make()
                    self._client = client
                return client
    """,
    "try": """
        class C:
            def f(self):
                try:
                    return self._client
                except AttributeError:
                    self._client = make()
                    return self._client
    """,
}

UNGUARDED = {
    "plain": """
        def f():
            return make()
    """,
    "local name": """
        def f():
            pool = None
            if pool is None:
                pool = make()
            return pool
    """,
    "parameter": """
        def f(pool=None):
            if pool is None:
                pool = make()
            return pool
    """,
    "check of a setting": """
        def f():
            global _pool
            if settings.debug is None:
                pool = make()
    """,
    "kept nowhere": """
        def f():
            if _pool is None:
                return make()
            return _pool
    """,
    "wrong way round": """
        def f():
            global _pool
            if _pool is not None:
                _pool = make()
    """,
    "request state": """
        def f(request):
            if not hasattr(request.state, "db"):
                request.state.db = make()
    """,
    "flask g": """
        def f():
            if "db" not in g:
                g.db = make()
            return g.db
    """,
    "after the check": """
        def f():
            global _pool
            if _pool is None:
                _pool = other()
            return make()
    """,
    "given first": """
        class C:
            def f(self, client):
                self._client = client
                if self._client is None:
                    self._client = make()
    """,
    "local after a failure": """
        def f():
            try:
                return _pool.ask()
            except OSError:
                return make().ask()
    """,
    "set each time": """
        def f():
            global _pool
            _pool = make()
            return _pool
    """,
    "and": """
        def f():
            global _pool
            _pool = _pool and make()
    """,
}


@pytest.mark.parametrize("name", GUARDED)
def test_runs_once(name: str) -> None:
    function = function_of(GUARDED[name])
    found = once_guard(function, ordinal_of(function))
    assert found is not None
    assert not found.per_instance


@pytest.mark.parametrize("name", OF_INSTANCE)
def test_runs_once_for_each_object(name: str) -> None:
    function = function_of(OF_INSTANCE[name], "C.f")
    found = once_guard(function, ordinal_of(function))
    assert found is not None
    assert found.per_instance


@pytest.mark.parametrize("name", UNGUARDED)
def test_runs_each_time(name: str) -> None:
    function = function_of(UNGUARDED[name], "C.f" if "class C" in UNGUARDED[name] else "f")
    assert once_guard(function, ordinal_of(function)) is None


def test_a_guard_of_the_class_is_not_of_the_instance() -> None:
    function = function_of(
        """
        class C:
            @classmethod
            def f(cls):
                if cls._pool is None:
                    cls._pool = make()
                return cls._pool
        """,
        "C.f",
    )
    found = once_guard(function, ordinal_of(function))
    assert found is not None
    assert (found.per_instance, found.text) == (False, "`if cls._pool is None`")


def test_a_call_that_fills_the_place_itself_is_guarded() -> None:
    function = function_of(
        """
        class C:
            def f(self):
                if self._pool is None:
                    make(self)
        """,
        "C.f",
    )
    ordinal = ordinal_of(function)
    assert once_guard(function, ordinal) is None
    found = once_guard(function, ordinal, stores=lambda call: frozenset({"_pool"}))
    assert found is not None
    assert found.text == "`if self._pool is None`"
