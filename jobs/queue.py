"""Redis, where RQ's queue lies: JSON only, so that nobody who writes there can run code of his own."""

from __future__ import annotations

from redis import Redis
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisUnreachable
from redis.retry import Retry
from rq import Queue
from rq.serializers import JSONSerializer

NAME = "good-scenery"


def connect(redis_url: str) -> Redis:
    """A connection that tries again for about three seconds before it gives up."""
    return Redis.from_url(
        redis_url,
        retry=Retry(ExponentialBackoff(cap=1, base=0.05), retries=6),
        retry_on_error=[RedisUnreachable],
        socket_connect_timeout=5,
    )


def work_queue(redis: Redis) -> Queue:
    """The queue that ``worker.py`` serves."""
    return Queue(NAME, connection=redis, serializer=JSONSerializer)
