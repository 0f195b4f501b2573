"""Clients that send what is no request: name, bytes, and the statuses that may answer (none: it breaks off first)."""
import asyncio

from load.jobs import body
from load.wire import Client, post

GOOD = post(body("Hello", "receiver", 4))
HEAD = b"POST /v1/chat/completions HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\nConnection: close\r\n"

GARBAGE = [
    ("half a body", GOOD[:-20], None),
    ("half a header", GOOD[:40], None),
    ("Content-Length too small", HEAD + b"Content-Length: 10\r\n\r\n" + GOOD.split(b"\r\n\r\n", 1)[1], {400}),
    ("two Content-Lengths", HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x", {400}),
    ("Content-Length and chunked", HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}", {400}),
    ("a length that is none", HEAD + b"Content-Length: -5\r\n\r\n", {400}),
    ("a chunk size that is none", HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n", {400}),
    ("no HTTP", b"\x16\x03\x01\x02\x00 hello\r\n\r\n", {400}),
    ("invalid UTF-8", post(b'{"messages": [{"role": "user", "content": "\xff\xfe\xc3"}]}'), {400}),
    ("no JSON", post(b"{messages: 1}"), {400}),
    ("brackets without end", post(b"[" * 100_000), {400}),
    ("headers without end", HEAD + b"X-Long: " + b"a" * 200_000, {400, 413, 431}),
    ("a body beyond the limit", HEAD + b"Content-Length: 999999999\r\n\r\n{", {413}),
    ("a mode that is none", post(body("x", "loud")), {400}),
    ("an image", post({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}), {400}),
    ("another type", GOOD.replace(b"application/json", b"text/plain"), {415}),
    ("no such route", GOOD.replace(b"/v1/chat/completions", b"/v1/chat/nothing", 1), {404}),
    ("another method", GOOD.replace(b"POST", b"PATCH", 1), {405}),
]


async def send_garbage(port, index, draw):
    """None where the server took it as it should, else what it did."""
    name, data, wanted = GARBAGE[index % len(GARBAGE)]
    async with Client(port) as client:
        try:
            await client.send(data)
            if wanted is None:
                await asyncio.sleep(draw.uniform(0, 1.5))
                return None
            reply = await client.read()
        except (ConnectionError, asyncio.IncompleteReadError) as error:
            return f"{name}: {error!r}"
    fault = reply.fault()
    good = reply.status in wanted and fault and {"message", "type", "param", "code"} <= set(fault)
    return None if good else f"{name}: status {reply.status}, {reply.body[:200]!r}"
