"""HTTP as it goes over a socket: what a client library would not let one do is what is wanted here."""
import asyncio
import json
from dataclasses import dataclass, field

PATIENCE = 900  # seconds that a client waits for anything: the line is long where 64 wait


@dataclass
class Reply:
    status: int = 0
    headers: dict = field(default_factory=dict)
    body: bytes = b""
    events: list = field(default_factory=list)
    done: bool = False  # [DONE] was seen

    def json(self):
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def fault(self):
        """The error object, of the body or of an event."""
        for told in [self.json(), *self.events]:
            if isinstance(told, dict) and "error" in told:
                return told["error"]
        return None

    def text(self):
        if not self.events:
            told = self.json() or {}
            return told["choices"][0]["message"]["content"] if "choices" in told else None
        return "".join(choice["delta"].get("content") or "" for event in self.events for choice in event.get("choices", []))


def post(body, path="/v1/chat/completions", headers=()):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"POST {path} HTTP/1.1", "Host: here", "Content-Type: application/json", "Connection: close",
             f"Content-Length: {len(data)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + data


class Client:
    """One connection. Slow: seconds between two small reads."""

    def __init__(self, port, slow=0.0):
        self.port, self.slow = port, slow

    async def __aenter__(self):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port, limit=2**22)
        return self

    async def __aexit__(self, *_):
        self.writer.close()

    def abort(self):
        self.writer.transport.abort()  # a reset instead of a goodbye

    async def send(self, data):
        self.writer.write(data)
        await self.writer.drain()

    async def read_head(self):
        head = (await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), PATIENCE)).decode("latin-1")
        first, *lines = head.split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
        return Reply(int(first.split()[1]), headers)

    async def pieces(self, reply):
        if reply.headers.get("transfer-encoding") != "chunked":
            yield await asyncio.wait_for(self.reader.readexactly(int(reply.headers.get("content-length", 0))), PATIENCE)
            return
        while size := int(await asyncio.wait_for(self.reader.readline(), PATIENCE), 16):
            if self.slow:
                await asyncio.sleep(self.slow)
            yield (await asyncio.wait_for(self.reader.readexactly(size + 2), PATIENCE))[:-2]

    async def read(self, leave_after=None):
        """The reply to its end, or a stream's first leave_after events."""
        reply = await self.read_head()
        is_stream = reply.headers.get("content-type", "").startswith("text/event-stream")
        rest = b""
        async for piece in self.pieces(reply):
            reply.body += piece
            *whole, rest = (rest + piece).split(b"\n\n") if is_stream else [b""]
            for event in (e for e in whole if e.startswith(b"data: ")):
                if event == b"data: [DONE]":
                    reply.done = True
                else:
                    reply.events.append(json.loads(event[len(b"data: "):]))
            if leave_after is not None and len(reply.events) >= leave_after:
                break
        if is_stream:
            reply.body = b""
        return reply


async def ask(port, body, slow=0.0, headers=()):
    async with Client(port, slow) as client:
        await client.send(post(body, headers=headers))
        return await client.read()


async def get(port, path):
    async with Client(port) as client:
        await client.send(f"GET {path} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n".encode())
        return await client.read()
