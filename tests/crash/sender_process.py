"""A worker of its own: sends one email with the settings it is given, for tests that end it with SIGKILL."""

import asyncio
import json
import sys
from datetime import datetime
from typing import Any, cast

from db import seal
from db.seal import Sealer
from db.session import connect
from pipeline.clients.mail import open_mail
from pipeline.clock import ManualClock
from pipeline.crypto import Digester
from pipeline.deps import Deps
from pipeline.jobs.send import send_email
from pipeline.messages import Silent
from pipeline.settings import Settings


async def main() -> None:
    told: dict[str, Any] = json.loads(sys.stdin.readline())
    seal.install(Sealer({"test": bytes(range(32))}))
    settings = Settings(_env_file=None, **told["settings"])  # pyright: ignore[reportCallIssue]
    clock = ManualClock(datetime.fromisoformat(told["now"]))
    clock.jump(
        datetime.fromisoformat(told["now"]) - clock.now(),
        wall=datetime.fromisoformat(told["wall"]) - clock.wall(),
    )
    absent = cast(Any, None)
    deps = Deps(
        settings=settings,
        clock=clock,
        db=connect(settings.database_url, pool_size=2),
        redis=absent,
        notifier=Silent(),
        digester=Digester("test"),
        llm=absent,
        research=absent,
        mail=open_mail(settings, clock),
    )
    print("ready", flush=True)
    await send_email(deps, workspace_id=told["workspace_id"], email_id=told["email_id"])
    print("done", flush=True)


asyncio.run(main())
