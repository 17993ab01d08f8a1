"""What the installed libraries do not show of the catalogue, each with its reason."""

from __future__ import annotations

# Defaults that the constructor's signature does not show, and where they stand, in place of `defined_by`.
# (first words of the constructor's name, keyword) -> parameter, attribute, or attribute of a default object.
ELSEWHERE = {
    ("botocore.config.Config", "max_pool_connections"): "botocore.config.Config().max_pool_connections",
    ("botocore.config.Config", "read_timeout"): "botocore.config.Config().read_timeout",
    ("botocore.config.Config", "connect_timeout"): "botocore.config.Config().connect_timeout",
    ("httpx", "limits"): "httpx._config.DEFAULT_LIMITS.max_connections",
    ("httpx", "timeout"): "httpx._config.DEFAULT_TIMEOUT_CONFIG.pool",
    ("httpx2", "limits"): "httpx2._config.DEFAULT_LIMITS.max_connections",
    ("httpx2", "timeout"): "httpx2._config.DEFAULT_TIMEOUT_CONFIG.pool",
    ("motor", "maxPoolSize"): "pymongo.pool_options.PoolOptions.max_pool_size",
    ("motor", "minPoolSize"): "pymongo.pool_options.PoolOptions.min_pool_size",
    ("motor", "maxIdleTimeMS"): "pymongo.pool_options.PoolOptions.max_idle_time_seconds",
    ("motor", "waitQueueTimeoutMS"): "pymongo.pool_options.PoolOptions.wait_queue_timeout",
    ("redis", "max_connections"): "redis.ConnectionPool().max_connections",
    ("redis.BlockingConnectionPool", "max_connections"): "redis.BlockingConnectionPool.max_connections",
    ("redis.asyncio", "max_connections"): "redis.asyncio.ConnectionPool().max_connections",
    ("redis.asyncio.BlockingConnectionPool", "max_connections"): "redis.asyncio.BlockingConnectionPool.max_connections",
    ("redis", "timeout"): "redis.BlockingConnectionPool.timeout",
    ("requests", "timeout"): "requests.Session.request.timeout",
    ("urllib3", "maxsize"): "urllib3.HTTPConnectionPool.maxsize",
    ("urllib3", "block"): "urllib3.HTTPConnectionPool.block",
    ("urllib3", "pool_timeout"): "urllib3.HTTPConnectionPool.urlopen.pool_timeout",
    ("valkey", "max_connections"): "valkey.ConnectionPool().max_connections",
    ("valkey.BlockingConnectionPool", "max_connections"): "valkey.BlockingConnectionPool.max_connections",
    ("valkey.asyncio", "max_connections"): "valkey.asyncio.ConnectionPool().max_connections",
    ("valkey.asyncio.BlockingConnectionPool", "max_connections"): (
        "valkey.asyncio.BlockingConnectionPool.max_connections"
    ),
    ("valkey", "timeout"): "valkey.BlockingConnectionPool.timeout",
}
# Settings whose default no object shows, with the reason.
UNSIGNED = {
    ("sqlalchemy", "poolclass"): "popped from **kwargs, with no default of its own",
    ("clickhouse_pool", "connections_min"): "popped from **kwargs in __init__, which connects",
    ("clickhouse_pool", "connections_max"): "popped from **kwargs in __init__, which connects",
    ("motor", "timeoutMS"): "read from **kwargs: None where it is not given",
    ("pymongo", "timeoutMS"): "read from **kwargs: None where it is not given",
    ("urllib3", "timeout"): "a marker object that means the global default, which is None",
}
BY_PLACE = 5
"""Settings from this place on are given by keyword: their position may be left out."""

# Names that frameworks' files say and no installed package has: first words -> reason.
NOT_HERE = {
    "*_pb2_grpc": "a pattern: made by the protocol compiler",
    "asyncache": "a package of its own, of which one decorator is known",
    "asyncio.coroutine": "gone since Python 3.11",
    "asyncstdlib": "a package of its own, of which one decorator is known",
    "boltons": "a package of its own, of which decorators are known",
    "cached_property": "a package of its own, of which decorators are known",
    "celery.decorators": "gone since Celery 4",
    "celery.task": "gone since Celery 5",
    "discord.Bot": "py-cord's, which has discord.py's root",
    "discord.ext.bridge": "py-cord's, which has discord.py's root",
    "discord.ext.commands.slash_command": "py-cord's, which has discord.py's root",
    "discord.slash_command": "py-cord's, which has discord.py's root",
    "django.conf.urls.url": "gone since Django 4",
    "eventlet": "no longer maintained",
    "flask_login": "a package of its own, of which decorators are known",
    "flask_restx": "has the API of flask-restful",
    "flask_socketio": "a package of its own, of which one class is known",
    "graphene": "a package of its own, of which base classes are known",
    "langchain": "re-exports langchain-core",
    "mcp.server.fastmcp": "gone since mcp 2",
    "methodtools": "a package of its own, of which one decorator is known",
    "singleton_decorator": "a package of its own, of which one decorator is known",
    "socketio": "a package of its own, of which classes are known",
    "streamlit.cache": "gone since Streamlit 1.36",
    "streamlit.experimental_memo": "gone since Streamlit 1.36",
    "streamlit.experimental_singleton": "gone since Streamlit 1.36",
    "telegram.ext.Dispatcher": "gone since python-telegram-bot 20",
    "typing.override": "new in Python 3.12",
    "warnings.deprecated": "new in Python 3.13",
}
# Methods that `hasattr` does not show on the class. (library, method) -> reason.
UNSEEN_METHODS = {
    ("requests", "raw"): "of responses: set on each",
    ("sqlalchemy", "execute"): "of engines: gone since 2.0",
    ("sqlalchemy", "scalar"): "of engines: gone since 2.0",
    ("sqlalchemy", "has_table"): "gone since 2.0",
    ("sqlalchemy", "table_names"): "gone since 2.0",
    ("sqlalchemy", "run_callable"): "gone since 2.0",
    ("sqlalchemy", "transaction"): "gone since 2.0",
}
# Types whose instances pass every attribute on to another object.
PROXIES = {"dbutils:connection", "dbutils:pooled_connection", "dbutils:cursor", "sqlalchemy:pooled"}
