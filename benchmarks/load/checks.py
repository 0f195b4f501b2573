"""The questions that serve_load.py asks of a server."""
import asyncio
import time

from live_server import LiveServer
from load.jobs import body
from load.rounds import answer_alone, run_round
from load.wire import Client, ask, get, post

FLAT_SHARE, FLAT_MIB = 0.02, 20  # what resident memory may grow from the second round to the third, the larger of both
CACHE_MIB = 128                  # filled in the first round, so that memory can be flat behind it


def serve(program, *options):
    return LiveServer(program, ["--metrics", *options])


async def rounds(program, jobs, options, verdicts):
    with serve(program, "--cache-ram", str(CACHE_MIB)) as server:
        print(f"  {server.resident_mib():.1f} MiB when ready", flush=True)
        await answer_alone(server.port, jobs)
        rss = []
        for number in range(1, options.rounds + 1):
            part, is_quiet = await run_round(server, jobs, options, number)
            rss.append(part.rss)
            verdicts.equal(f"round {number}: all as alone, garbage refused", len(part.wrong), 0)
            verdicts.check(f"round {number}: nobody who left is still worked for", is_quiet)
            verdicts.equal(f"round {number}: healthy", (await get(server.port, "/health")).status, 200)
        if len(rss) > 1:
            allowed = max(FLAT_MIB, FLAT_SHARE * rss[-2])
            verdicts.check(f"memory is flat (last round: {rss[-1] - rss[-2]:+.1f} MiB, allowed {allowed:.1f})",
                           rss[-1] - rss[-2] <= allowed, rss)
        verdicts.equal("SIGTERM ends it with 0", server.stop(), 0)


async def queue(program, jobs, options, verdicts):
    """Sixteen at once where one is answered and two may wait."""
    with serve(program, "--parallel", "1", "--max-queued", "2") as server:
        short = [job for job in jobs if job["kind"] == "short, c2c"][0]
        alone = (await ask(server.port, short["body"])).text()
        replies = await asyncio.gather(*(ask(server.port, short["body"]) for _ in range(16)))
        answered = [reply.text() for reply in replies if reply.status == 200]
        refused = [reply for reply in replies if reply.status == 429]
        print(f"  {len(answered)} answered, {len(refused)} told 429", flush=True)
        verdicts.equal("answered or 429", len(answered) + len(refused), len(replies))
        # The first may be done before the last has come, hence not exactly three.
        verdicts.check("the limit is honoured", 3 <= len(answered) <= 6, len(answered))
        verdicts.check("each 429 says when to come back", all(
            reply.headers.get("retry-after", "").isdigit() and reply.fault()["code"] == "queue_full" for reply in refused))
        verdicts.equal("who waited is answered as alone", set(answered), {alone})
        verdicts.equal("the next is answered", (await ask(server.port, short["body"])).text(), alone)


async def tokens_per_second(port, clients, tokens, mode, turn):
    """Over all clients at once, prompts included; each prompt is new."""
    began = time.monotonic()
    replies = await asyncio.gather(*(ask(port, body(
        f"Turn {turn}: what does the word number {k} of {clients} mean?", mode, tokens, ignore_eos=True))
        for k in range(clients)))
    return sum(reply.json()["usage"]["completion_tokens"] for reply in replies) / (time.monotonic() - began)


async def speed(program, _, options, verdicts):
    with LiveServer(program, ["--parallel", "8"], dtype=options.dtype) as server:
        for mode in ("receiver", "c2c"):
            await tokens_per_second(server.port, 8, 8, mode, "warm")
            pairs = [[await tokens_per_second(server.port, n, options.tokens, mode, turn) for n in (1, 8)]
                     for turn in range(3)]
            one, eight = (sorted(column)[1] for column in zip(*pairs))
            print(f"  {mode}, {options.dtype}: {one:.1f} tokens/s with one client, {eight:.1f} with eight (medians of three)", flush=True)
            verdicts.check(f"{mode}: eight clients get {eight / one:.2f} times one's", eight / one >= options.ratio, pairs)


async def streaming(port, asked, begun):
    """A stream to its end; begun counts those that have got three events."""
    async with Client(port) as client:
        await client.send(post({**asked, "stream": True}))
        reply = await client.read_head()
        rest, seen = b"", 0
        async for piece in client.pieces(reply):
            rest += piece
            seen += piece.count(b"data: ")
            if seen >= 3 and not begun.done():
                begun.set_result(True)
        return rest


async def stop(program, jobs, options, verdicts):
    """SIGTERM while eight streams run of which seven cannot end in the time of grace; then a second server."""
    grace = 4
    with serve(program, "--grace", str(grace)) as server:
        few = jobs[:6]
        await answer_alone(server.port, few)
        begun = [asyncio.get_running_loop().create_future() for _ in range(8)]
        asked = [body(f"Say much about {k}.", "c2c", 4000 if k else 40, ignore_eos=True) for k in range(8)]
        streams = [asyncio.create_task(streaming(server.port, *pair)) for pair in zip(asked, begun)]
        await asyncio.wait_for(asyncio.gather(*begun), 120)
        began = time.monotonic()
        status = asyncio.create_task(asyncio.to_thread(server.stop))
        await asyncio.sleep(0.5)
        for path, asking in (("/health", get(server.port, "/health")), ("a new request", ask(server.port, asked[0]))):
            verdicts.equal(f"{path} while it stops", (await asking).status, 503)
        ends = [(await task).rstrip().rsplit(b"\n\n", 1)[-1] for task in streams]
        took = time.monotonic() - began
        done, told = (sum(sign in end for end in ends) for sign in (b"[DONE]", b'"shutting_down"'))
        print(f"  {done} streams ended, {told} were told shutting_down, after {took:.1f} s of {grace} s grace", flush=True)
        verdicts.check("each stream has an end or an error event", done + told == len(ends) and told > 0, ends)
        verdicts.check("within the time of grace", took < grace + 3, took)
        verdicts.equal("exit status", await status, 0)
    with serve(program) as server:
        before = [job["alone"] for job in few]
        await answer_alone(server.port, few)
        verdicts.equal("started again: the same answers", [job["alone"] for job in few], before)
