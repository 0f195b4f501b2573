#!/usr/bin/env python3
"""Load on the real server over loopback: serve_load.py C2C [--seconds 60] [--clients 64] [--rounds 3] [--only CHECK...]

  rounds  mixed lengths and modes; a third leaves early, some send garbage; answers as alone, memory flat
  queue   --max-queued is honoured by 429 with Retry-After
  tenants two run files and two keys: each gets its model's answers, no key another's cache
  speed   tokens per second of 8 clients against 1
  stop    SIGTERM during streams: an end or an error event for each within the grace, exit status 0; then the same answers

All in float32 (speed: --dtype): in bfloat16 a near tie may fall differently in a batch than alone. Servers are its own, on free ports, and
are killed on any way out. Exit status 1 where a check failed. Quick: --seconds 10 --clients 16."""
import argparse
import asyncio
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests/serve_clients"))

from live_server import missing_models  # noqa: E402
from load import checks  # noqa: E402
from load.jobs import make_jobs  # noqa: E402
from load.tenants import tenants  # noqa: E402
from verdicts import Verdicts  # noqa: E402

CHECKS = {"rounds": checks.rounds, "queue": checks.queue, "tenants": tenants, "speed": checks.speed, "stop": checks.stop}
LIMIT = 1800  # seconds for each, whatever hangs


def read_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="the c2c to serve")
    parser.add_argument("--seconds", type=float, default=60, help="of a round")
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tokens", type=int, default=64, help="of each answer in speed")
    parser.add_argument("--dtype", default="f32", help="of the weights in speed; f32 in all else")
    parser.add_argument("--ratio", type=float, default=3, help="that eight clients must reach over one")
    parser.add_argument("--only", nargs="+", choices=CHECKS, default=list(CHECKS))
    return parser.parse_args()


async def main(options):
    verdicts = Verdicts()
    for name in options.only:
        print(f"{name}:", flush=True)
        try:
            await asyncio.wait_for(CHECKS[name](options.program, make_jobs(), options, verdicts), LIMIT)
        except (asyncio.TimeoutError, OSError, RuntimeError) as error:
            verdicts.check(f"{name} came to its end", False, repr(error))
    return verdicts.close()


if __name__ == "__main__":
    asked = read_options()
    if absent := missing_models():
        print(f"skipped: {', '.join(absent)} missing: ./run fetch")
        sys.exit(0)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the servers are killed on the way out
    sys.exit(asyncio.run(main(asked)))
