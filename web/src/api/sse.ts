// Server-sent events from a response body: the data of each event, comments left out.

const longestEvent = 4 << 20; // characters; a server that never ends its event must not fill the browser's memory

// The data of one event's lines; undefined where it had none (a comment ping).
function dataOf(block: string): string | undefined {
  const data = block
    .split(/\r\n|\r|\n/)
    .filter((line) => line.startsWith("data:"))
    .map((line) => line.slice(line.charAt(5) === " " ? 6 : 5));
  return data.length > 0 ? data.join("\n") : undefined;
}

export async function* eventsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      rest += done ? decoder.decode() : decoder.decode(value, { stream: true });
      const blocks = rest.split(/\r\n\r\n|\n\n|\r\r/);
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        const data = dataOf(block);
        if (data !== undefined) yield data;
      }
      if (done) return;
      if (rest.length > longestEvent) throw new Error("the server sent an event without an end");
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
