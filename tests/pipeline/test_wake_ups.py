"""What the sweep finds again and again is sent to Redis once a round, and again where Redis lost it."""

from uuid import uuid4

from redis.asyncio import Redis

from db.wake import Wake, WakeUp
from pipeline.jobs.base import RedisEnqueuer, job_id


def run(number: str, round: str) -> WakeUp:
    return WakeUp(Wake.RESEARCH_LEAD, (("workspace_id", "w"), ("run_id", number)), round)


async def test_a_wake_up_travels_once_a_round(redis_url: str) -> None:
    enqueuer, redis, mark = RedisEnqueuer(redis_url), Redis.from_url(redis_url), uuid4().hex

    async def arrives(wake_up: WakeUp) -> bool:
        await enqueuer.enqueue([wake_up])
        return bool(await redis.delete(f"arq:job:{job_id(wake_up)}"))

    assert await arrives(run(mark, "1"))
    assert not await arrives(run(mark, "1"))
    assert await arrives(run(f"{mark}-other", "1"))
    assert await arrives(run(mark, "2"))
    assert await arrives(run(mark, "1")), "only the newest round is remembered"
    await enqueuer.close()
    await redis.aclose()


async def test_what_redis_did_not_take_is_sent_again(redis_url: str) -> None:
    enqueuer, redis, wake_up = (
        RedisEnqueuer("redis://127.0.0.1:1/0"),
        Redis.from_url(redis_url),
        run(uuid4().hex, "1"),
    )
    await enqueuer.enqueue([wake_up])
    reached = RedisEnqueuer(redis_url)
    reached._sent = enqueuer._sent  # pyright: ignore[reportPrivateUsage]
    await reached.enqueue([wake_up])
    assert await redis.delete(f"arq:job:{job_id(wake_up)}")
    await reached.close()
    await redis.aclose()
