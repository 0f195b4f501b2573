"""Rounds of mixed clients: a third leaves early, some send garbage, the rest must get the answer that they got alone."""
import asyncio
import random
import time
from collections import Counter

from load.garbage import GARBAGE, send_garbage
from load.jobs import unheard
from load.wire import Client, ask, get, post

KINDS = ["leaver", "honest", "garbage", "leaver", "honest", "honest"]


class Round:
    def __init__(self, port, jobs, seconds, seed):
        self.port, self.jobs, self.until, self.seed = port, jobs, time.monotonic() + seconds, seed
        self.counts, self.wrong, self.garbage = Counter(), [], seed

    async def honest(self, draw):
        job = draw.choice(self.jobs)
        more, slow = draw.choice([({}, 0), ({"stream": True}, 0), ({"stream": True}, 0.05)])
        try:
            reply = await ask(self.port, {**job["body"], **more}, slow)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.TimeoutError) as error:
            return self.wrong.append(f"{job['kind']}: {error!r}")
        self.counts[f"answered {reply.status}"] += 1
        if reply.status != 200 or reply.text() != job["alone"] or (more and not reply.done):
            self.wrong.append(f"{job['kind']}: {reply.status} {reply.fault() or reply.text()!r}, alone {job['alone']!r}")

    async def leaver(self, draw):
        """Leaves in the line or in prefill, or after some of the stream; with a goodbye or without."""
        leaves_unread = draw.random() < 0.6
        async with Client(self.port) as client:
            try:
                await client.send(post(unheard("very long" if leaves_unread else "medium", draw)))
                if leaves_unread:
                    await asyncio.sleep(draw.uniform(0, 2))
                else:
                    await client.read(leave_after=draw.randint(1, 12))
            except (ConnectionError, asyncio.IncompleteReadError, asyncio.TimeoutError) as error:
                return self.wrong.append(f"leaver: {error!r}")
            if draw.random() < 0.5:
                client.abort()
        self.counts["left unread" if leaves_unread else "left a stream"] += 1

    async def send_garbage(self, draw):
        self.garbage += 1
        fault = await send_garbage(self.port, self.garbage, draw)
        self.counts["garbage"] += 1
        if fault:
            self.wrong.append(fault)
        await asyncio.sleep(draw.uniform(0, 0.5))

    async def client(self, number):
        draw = random.Random(f"{self.seed} {number}")
        act = {"honest": self.honest, "leaver": self.leaver, "garbage": self.send_garbage}[KINDS[number % len(KINDS)]]
        while time.monotonic() < self.until:
            await act(draw)


async def answer_alone(port, jobs, headers=()):
    for job in jobs:
        reply = await ask(port, job["body"], headers=headers)
        job["alone"] = reply.text()
        if reply.status != 200 or not job["alone"]:
            raise RuntimeError(f"{job['kind']}: status {reply.status}, {reply.body[:300]!r}")


async def quiet(port, seconds=20):
    """Whether nothing runs or waits any more, soon."""
    for _ in range(seconds * 5):
        told = (await get(port, "/metrics")).body.decode()
        if all(f"\nvllm:num_requests_{what} 0\n" in told for what in ("running", "waiting")):
            return True
        await asyncio.sleep(0.2)
    return False


async def run_round(server, jobs, options, number):
    """The round's outcome, when all that waited were answered and the places of those who left are free."""
    part = Round(server.port, jobs, options.seconds, number * len(GARBAGE) // 3)
    began = time.monotonic()
    await asyncio.gather(*(part.client(k) for k in range(options.clients)))
    is_quiet = await quiet(server.port)
    part.rss = server.resident_mib()
    print(f"  round {number}: {time.monotonic() - began:.0f} s, {dict(sorted(part.counts.items()))}, {len(part.wrong)} wrong, "
          f"{part.rss:.1f} MiB", flush=True)
    for told in part.wrong[:8]:
        print(f"    {told}", flush=True)
    return part, is_quiet
