# ruff: noqa: E501
"""Generated projects: every fact is the same when every file is a candidate."""

from __future__ import annotations

from hypothesis import given, settings, strategies as st
from index_support import index_of

from poollint.analysis.collect import Analysis
from poollint.analysis.index import Index
from poollint.catalogue.catalogue import load_catalogue
from poollint.model.settings import Depths

PATHS = ("main.py", "app/__init__.py", "app/db.py", "app/web.py", "app/sub/__init__.py", "app/sub/job.py")
NAMES = ("get", "pool", "Store", "run", "app")
HEADS = ("", "", "async ")


def dotted(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@st.composite
def imports(draw: st.DrawFn) -> str:
    target, name = draw(st.sampled_from(PATHS)), draw(st.sampled_from(NAMES))
    module = dotted(target)
    package, _, last = module.rpartition(".")
    return draw(
        st.sampled_from(
            [
                f"from {module} import {name}",
                f"from {module} import {name} as other",
                f"from {module} import *",
                f"import {module}",
                f"import {module} as mod",
                f"from {package} import {last} as mod" if package else f"import {last} as mod",
                "import redis",
                "from redis import Redis as other",
                "from psycopg2.pool import ThreadedConnectionPool as Store",
                "from fastapi import FastAPI, Request, Depends",
                "import requests",
            ]
        )
    )


ATOMS = st.sampled_from(
    [*NAMES, "other", "mod.get", "mod.pool", "mod.Store", "app.db.get", "app.web.pool", "redis.Redis", "requests.get",
     "self.run", "self.pool.get", "request.app.state.pool.get", "app.state.pool", "mod.sub.job.run"]
)  # fmt: skip


@st.composite
def statements(draw: st.DrawFn) -> list[str]:
    name, used = draw(st.sampled_from(NAMES)), draw(ATOMS)
    head, other = draw(st.sampled_from(HEADS)), draw(ATOMS)
    kinds = {
        "function": [f"{head}def {name}(request=None, pool: Store = None):", f"    x = {used}()", f"    return {other}"],
        "handler": ["@app.get('/')", f"async def {name}(request: Request, p=Depends({other})):", f"    return {used}()"],
        "class": [f"class {name}({other.partition('.')[0]}):", f"    def __init__(self): self.pool = {used}()",
                  f"    def run(self): return self.get({other})", f"    def get(self): return {used}(1)"],
        "global": [f"{name} = {used}()"],
        "app": ["app = FastAPI()", f"app.state.pool = {used}()"],
        "alias": [f"{name} = {used}"],
        "set": [f"def start(): global {name}; {name} = {used}()"],
    }  # fmt: skip
    return kinds[draw(st.sampled_from(sorted(kinds)))]


@st.composite
def texts(draw: st.DrawFn) -> str:
    heads = draw(st.lists(imports(), max_size=3))
    bodies = draw(st.lists(statements(), max_size=3))
    return "\n".join([*heads, *(line for body in bodies for line in body)]) + "\n"


def facts(index: Index) -> dict[str, str]:
    analysis = Analysis(index.project, index.candidates, load_catalogue())
    found = {}
    for path in PATHS:
        if path in index.candidates and index.may_hold_sites(path):
            found[path] = repr(analysis.facts(path))
    return found


@settings(max_examples=120, deadline=None)
@given(st.fixed_dictionaries({path: texts() for path in PATHS}))
def test_generated_projects(files: dict[str, str]) -> None:
    every = facts(index_of(dict(files), Depths(scan=False)))
    some = facts(index_of(dict(files)))
    empty = {path: f"FileFacts(path={path!r}, " for path in PATHS}
    for path, expected in every.items():
        if path in some:
            assert some[path] == expected
        else:
            assert expected.startswith(empty[path])
            assert "Fact(" not in expected


def test_a_function_that_is_decorated_by_its_own_attribute() -> None:
    text = "import requests\n@app.get('/')\nasync def app():\n    return requests.get('x')\n"
    assert "BlockingFact" in facts(index_of({**dict.fromkeys(PATHS, ""), "main.py": text}))["main.py"]
