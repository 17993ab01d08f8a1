"""What files that start a service say, read as text."""

from __future__ import annotations

import pytest

from poollint.analysis.servers import BadFileError, database_limit, is_of_interest, server_facts
from poollint.catalogue.catalogue import load_catalogue

SERVERS = load_catalogue().servers


def told(path: str, text: str) -> set[tuple[str, int]]:
    return {(fact.role, fact.number) for fact in server_facts(path, text, SERVERS)}


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("Procfile", "web: gunicorn -w 4 --threads 8 app:app\n", {("processes", 4), ("threads", 8)}),
        ("Procfile", "web: gunicorn -w4 --threads=8 app:app\n", {("processes", 4), ("threads", 8)}),
        ("Procfile", "web: gunicorn --workers $WORKERS --threads 8 app:app\n", {("threads", 8)}),
        ("Procfile", "# web: gunicorn --threads 8 app:app\n", set()),
        ("Procfile", "web: gunicorn -k uvicorn.workers.UvicornWorker -w 4 --threads 8 a:b\n", {("processes", 4)}),
        ("Procfile", "web: gunicorn -k gevent --worker-connections 500 a:b\n", {("threads", 500)}),
        ("Procfile", "worker: celery -A a worker -c 8\n", {("processes", 8)}),
        ("Procfile", "worker: celery -A a worker -P gevent -c 100\n", {("threads", 100)}),
        ("Procfile", "other: mygunicorn --threads 8\n", set()),
        ("Dockerfile", 'CMD ["gunicorn", "--threads", "8", "app:app"]\n', {("threads", 8)}),
        ("Dockerfile", "RUN pip install x\nCMD gunicorn \\\n  --threads 6 \\\n  app:app\n", {("threads", 6)}),
        ("web.Dockerfile", 'ENTRYPOINT ["/usr/bin/uwsgi", "--threads", "2"]\n', {("threads", 2)}),
        ("docker-compose.yml", "services:\n  web:\n    command: uvicorn app:app --workers 3\n", {("processes", 3)}),
        (
            "compose.yaml",
            "services:\n  web:\n    command:\n      - gunicorn\n      - --threads\n      - \"12\"\n    ports: []\n",
            {("threads", 12)},
        ),
        ("supervisord.conf", "[program:web]\ncommand=/venv/bin/gunicorn --threads 5 app:app\n", {("threads", 5)}),
        ("deploy/web.service", "[Service]\nExecStart=/venv/bin/gunicorn --threads 5 app:app\n", {("threads", 5)}),
        ("start.sh", "#!/bin/sh\nexec gunicorn --threads 5 app:app  # all of it\n", {("threads", 5)}),
        ("uwsgi.ini", "[uwsgi]\nthreads = 3 ; enough\n[other]\nthreads = 99\n", {("threads", 3)}),
        ("hypercorn.toml", "workers = 6\nbind = 'x'\n", {("processes", 6)}),
        ("gunicorn.conf.py", "workers = 4\nthreads = 8\n", {("processes", 4), ("threads", 8)}),
        ("gunicorn.conf.py", "import os\nworkers = int(os.getenv('W', 4))\nthreads = 8\n", {("threads", 8)}),
        ("gunicorn.conf.py", "threads = 8\nif x:\n    threads = 2\n", set()),
        ("gunicorn_config.py", "worker_class = 'gevent'\nthreads = 8\nworker_connections = 200\n", {("threads", 200)}),
        ("celeryconfig.py", "worker_pool = 'threads'\nworker_concurrency = 20\n", {("threads", 20)}),
        ("celeryconfig.py", "worker_concurrency = 20\n", {("processes", 20)}),
    ],
)  # fmt: skip
def test_numbers_of_processes_and_threads(path: str, text: str, expected: set[tuple[str, int]]) -> None:
    assert is_of_interest(path, SERVERS)
    assert told(path, text) == expected


def test_the_source_is_where_a_user_finds_it() -> None:
    (fact,) = server_facts("Procfile", "\nweb: gunicorn --threads 8 app:app\n", SERVERS)
    assert fact.source == "`--threads 8` of Procfile:2"
    (fact,) = server_facts("deploy/gunicorn.conf.py", "bind = 'x'\nthreads = 8\n", SERVERS)
    assert fact.source == "`threads = 8` of deploy/gunicorn.conf.py:2"
    assert "flask" in fact.frameworks and "fastapi" not in fact.frameworks


@pytest.mark.parametrize(
    ("path", "text"), [("gunicorn.conf.py", "threads = \n"), ("hypercorn.toml", "workers = = 3\n")]
)
def test_broken_files_are_refused_with_a_reason(path: str, text: str) -> None:
    with pytest.raises(BadFileError, match=r"no (Python|TOML)"):
        server_facts(path, text, SERVERS)


def test_unbalanced_quotes_are_no_reason_to_fail() -> None:
    assert told("start.sh", "echo \"it's\ngunicorn --threads 4 app:app\n") == {("threads", 4)}


def test_the_databases_limit() -> None:
    text = "services:\n  db:\n    command: postgres -c max_connections=200\n"
    assert database_limit("docker-compose.yml", text) == (200, "`max_connections=200` of docker-compose.yml:3")
    assert database_limit("settings.py", "max_connections = 5\n") is None
    assert database_limit("docker-compose.yml", "# max_connections=200\n") is None


def test_other_files_are_not_looked_at() -> None:
    assert not is_of_interest("app/settings.py", SERVERS)
    assert not is_of_interest("README.md", SERVERS)
