"""`poollint pools`: what is listed, in which order, and what is not known."""

from __future__ import annotations

import json
from pathlib import Path

from tests.frontends.cli_support import poollint

SHOP = """\
import os

import httpx
from fastapi import FastAPI
from psycopg2.pool import ThreadedConnectionPool

app = FastAPI()
pool = ThreadedConnectionPool(2, int(os.environ["POOL"]), "dbname=shop")


@app.get("/orders")
def orders():
    conn = pool.getconn()
    pool.putconn(conn)
    return httpx.Client().get("https://shop.example.com").text
"""


def test_each_pool_is_told_with_its_settings_and_users(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(SHOP, "utf-8")
    ran = poollint("pools", cwd=tmp_path)
    assert (ran.status, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[0] == "shop.py:8:8: psycopg2 pool `shop.py:pool`"
    assert lines[1] == "    made once (the module's import); 1 acquire site"
    assert "    maxconn = unknown (environment)" in lines
    assert "    minconn = 2" in lines
    assert "shop.py:15:12: httpx client `shop.py:orders@5`" in lines
    assert "    made per request (a FastAPI route); no acquire sites" in lines
    assert lines[-1] == "2 pools."


def test_the_same_as_json(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(SHOP, "utf-8")
    found = json.loads(poollint("pools", "--output-format", "json", "shop.py", cwd=tmp_path).out)
    assert found["version"] == 1
    assert [row["library"] for row in found["pools"]] == ["psycopg2", "httpx"]
    assert found["pools"][0]["options"]["minconn"] == "2"
    assert (found["pools"][0]["acquires"], found["pools"][1]["made"]) == (1, "per request (a FastAPI route)")


def test_a_path_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    ran = poollint("pools", "nowhere.py", cwd=tmp_path)
    assert ran.status == 2
    assert "nowhere.py" in ran.err


def test_no_pools(tmp_path: Path) -> None:
    (tmp_path / "plain.py").write_text("x = 1\n", "utf-8")
    assert poollint("pools", cwd=tmp_path).out == "no pools.\n"
