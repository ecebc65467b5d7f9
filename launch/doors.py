"""Whether the servers we were pointed to are there and new enough, said in one sentence if not."""

from __future__ import annotations

import re

import psycopg
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from launch.errors import CannotStart
from launch.postgres import OLDEST_MAJOR
from launch.redis import OLDEST as OLDEST_REDIS

CONNECT_SECONDS = 5


def check_database(url: str, *, oldest: int = OLDEST_MAJOR) -> psycopg.Connection:
    """Connect to PostgreSQL at ``url`` (with or without ``+psycopg``) and return the connection.

    Raises CannotStart when it cannot be reached or is older than ``oldest``.
    """
    plain = re.sub(r"^postgres(ql)?(\+psycopg)?://", "postgresql://", url)
    if not plain.startswith("postgresql://"):
        raise CannotStart(
            "DATABASE_URL must begin with postgresql://; Good Scenery runs on PostgreSQL only.",
            "DATABASE_URL 必须以 postgresql:// 开头，本软件只支持 PostgreSQL。",
        )
    try:
        connection = psycopg.connect(plain, connect_timeout=CONNECT_SECONDS, autocommit=True)
    except (psycopg.Error, UnicodeError, ValueError) as problem:
        raise CannotStart(
            f"The database of DATABASE_URL ({without_password(url)}) cannot be reached: {_first_line(problem)}.",
            "无法连接 DATABASE_URL 指定的数据库。",
        ) from problem
    found = connection.info.server_version // 10_000
    if found < oldest:
        connection.close()
        raise CannotStart(
            f"The database of DATABASE_URL is PostgreSQL {found}; {oldest} or newer is needed.",
            f"数据库版本是 PostgreSQL {found}，需要 {oldest} 或更新版本。",
        )
    return connection


def check_redis(url: str, *, oldest: tuple[int, int] = OLDEST_REDIS) -> None:
    """Raises CannotStart when Redis at ``url`` cannot be reached or is older than ``oldest``."""
    try:
        with redis.Redis.from_url(
            url,
            socket_connect_timeout=CONNECT_SECONDS,
            socket_timeout=CONNECT_SECONDS,
            retry=Retry(NoBackoff(), 0),
        ) as client:
            told = client.info("server")
    except (redis.RedisError, OSError, ValueError) as problem:
        raise CannotStart(
            f"The Redis of REDIS_URL ({without_password(url)}) cannot be reached: {_first_line(problem)}.",
            "无法连接 REDIS_URL 指定的 Redis。",
        ) from problem
    release = re.match(r"(\d+)\.(\d+)", str(told.get("redis_version", "")))
    if release and (int(release[1]), int(release[2])) < oldest:
        raise CannotStart(
            f"The Redis of REDIS_URL is {release[0]}; {oldest[0]}.{oldest[1]} or newer is needed.",
            f"Redis 版本是 {release[0]}，需要 {oldest[0]}.{oldest[1]} 或更新版本。",
        )


def without_password(url: str) -> str:
    """``url`` as it may be shown: the password left out."""
    return re.sub(r"(://[^/@:]*):[^/]*@", r"\1:…@", url)


def _first_line(problem: Exception) -> str:
    lines = [line.strip(" \t-") for line in str(problem).splitlines() if line.strip()]
    # psycopg tells every attempt; the reason stands in the last one.
    text = next(
        (line for line in reversed(lines) if "failed" in line or "rror" in line), lines[0] if lines else ""
    )
    return without_password(text).rstrip(".") or type(problem).__name__
