"""Several run files and several keys on one server: everyone gets the answers of the model asked for, and nobody finds
what another key has left in the cache."""
import asyncio
import random
import tempfile
import time
from collections import Counter
from pathlib import Path

from live_server import PRESET, LiveServer, run_file
from load.jobs import body, question
from load.rounds import answer_alone
from load.wire import ask

KEYS = ("key-of-the-first", "key-of-the-second")
MODELS = ("plain", "turned")  # the pair, and the pair whose receiver is asked in the sharer's turn format


def bearer(key):
    return [f"Authorization: Bearer {key}"]


def turned_run_file(folder):
    """It answers otherwise, as exactly as the other one: weights in 8 bits would decide near ties either way where a prompt is
    found in the cache."""
    path = run_file(folder)
    text = path.read_text(encoding="utf-8")
    assert "\nreceiver: " in text
    path.write_text(text.replace("\nreceiver: ", f"\nreceiver:\n  chat_template: {PRESET.parent}/gemma3-turns.jinja\n  model: "),
                    encoding="utf-8")
    return path


def of_model(job, model):
    return {"kind": f"{job['kind']}, {model}", "model": model, "body": {**job["body"], "model": model}}


class Crowd:
    """Clients with either key or none that ask either model."""

    def __init__(self, port, jobs, seconds):
        self.port, self.jobs, self.until = port, jobs, time.monotonic() + seconds
        self.counts, self.wrong = Counter(), []

    async def client(self, number):
        draw = random.Random(f"tenants {number}")
        while time.monotonic() < self.until:
            job, key = draw.choice(self.jobs), draw.choice([*KEYS, *KEYS, "key-of-nobody"])
            reply = await ask(self.port, {**job["body"], "stream": draw.random() < 0.5}, headers=bearer(key))
            found, wanted = (reply.status, reply.text()), (200, job["alone"])
            if key not in KEYS:
                found, wanted = reply.status, 401
                await asyncio.sleep(0.2)
            self.counts[f"{job['model']} {reply.status}"] += 1
            if found != wanted:
                self.wrong.append(f"{job['kind']}: found {found!r}, wanted {wanted!r}")


async def cached(port, key, model, asked):
    reply = await ask(port, {**asked, "model": model}, headers=bearer(key))
    return reply.json()["usage"]["prompt_tokens_details"]["cached_tokens"]


async def keep_apart(port, verdicts):
    """The instructions of the chat template are in every prompt, hence in every key's cache, so: fewer, not none."""
    asked = body(question("long", random.Random("apart")), "c2c", 4)
    first = [await cached(port, KEYS[0], "plain", asked) for _ in range(2)]
    other = await cached(port, KEYS[1], "plain", asked)
    turned = await cached(port, KEYS[0], "turned", asked)
    verdicts.check("a prompt is found again by the key that asked it", first[1] > first[0] + 100, first)
    verdicts.check("not by another key", other < first[0] + 100, (first, other))
    verdicts.check("nor by another model", turned < first[0] + 100, (first, turned))


async def tenants(program, jobs, options, verdicts):
    with tempfile.TemporaryDirectory(prefix="c2c-load-") as folder:
        turned, keys = turned_run_file(folder), Path(folder) / "keys"
        keys.write_text("".join(f"{key}\n" for key in KEYS), encoding="utf-8")
        names = [word for model in MODELS for word in ("--alias", model)]
        with LiveServer(program, [turned, *names, "--api-key-file", keys]) as server:
            plain, other = ([of_model(job, model) for job in jobs] for model in MODELS)
            await answer_alone(server.port, plain + other, bearer(KEYS[0]))
            differ = sum(one["alone"] != two["alone"] for one, two in zip(plain, other))
            verdicts.check("the two run files answer otherwise, so that one taken for the other would show", differ > 3, differ)
            crowd = Crowd(server.port, plain + other, options.seconds)
            await asyncio.gather(*(crowd.client(k) for k in range(options.clients)))
            print(f"  {dict(sorted(crowd.counts.items()))}, {len(crowd.wrong)} wrong", flush=True)
            verdicts.check("each gets the answer of its model, and nobody without a key", not crowd.wrong, crowd.wrong[:8])
            await keep_apart(server.port, verdicts)
            verdicts.equal("SIGTERM ends it with 0", server.stop(), 0)
