"""`python -m local.sandbox`: the sandbox as one process. Prints one line of JSON when all of it listens."""

import argparse
import asyncio
import json
import signal
import sys
from pathlib import Path

from local.sandbox.server import PortInUse, Ports, start_sandbox

EXIT_PORT_IN_USE = 98


def arguments() -> argparse.Namespace:
    usual = Ports()
    parser = argparse.ArgumentParser(prog="python -m local.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=usual.main, help="every HTTP service; 0 takes a free one")
    parser.add_argument("--sites-http", type=int, default=usual.sites_http)
    parser.add_argument("--sites-https", type=int, default=usual.sites_https)
    parser.add_argument("--smtp", type=int, default=usual.smtp)
    parser.add_argument("--dns", type=int, default=usual.dns)
    parser.add_argument("--imap", type=int, default=usual.imap)
    parser.add_argument("--events-url", default="http://127.0.0.1:3000/slack/events")
    parser.add_argument("--state", type=Path, default=Path(".rainmaker/sandbox"), help="where it remembers")
    parser.add_argument("--clock", type=Path, help="the anchor file of business time")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument(
        "--obedient", action="store_true", help="the model follows every instruction it reads"
    )
    return parser.parse_args()


async def serve(args: argparse.Namespace) -> None:
    running = await start_sandbox(
        state=args.state,
        ports=Ports(args.port, args.sites_http, args.sites_https, args.smtp, args.dns, args.imap),
        events_url=args.events_url,
        clock=args.clock,
        seed=args.seed,
        obedient=args.obedient,
    )
    asked_to_stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, asked_to_stop.set)
    print(json.dumps(running.ready()), flush=True)
    await asked_to_stop.wait()
    await running.stop()


def main() -> int:
    try:
        asyncio.run(serve(arguments()))
    except PortInUse as error:
        print(error, file=sys.stderr)
        return EXIT_PORT_IN_USE
    return 0


if __name__ == "__main__":
    sys.exit(main())
