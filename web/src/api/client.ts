// The routes of `c2c serve` that the page uses. Everything goes to the page's own origin.
import { asApiError, ApiError, errorFrom } from "./errors";
import { readPairs } from "./pairs";
import { eventsOf } from "./sse";
import type { ChatRequest, Pair, StreamEvent } from "./types";

// The key lives in this tab only: sessionStorage is gone when the tab is closed, and never written to disk by us.
const keyName = "c2c.api-key";

export function apiKey(): string {
  return sessionStorage.getItem(keyName) ?? "";
}

export function setApiKey(key: string): void {
  if (key) sessionStorage.setItem(keyName, key);
  else sessionStorage.removeItem(keyName);
}

async function ask(path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = {};
  const key = apiKey();
  if (key) headers["Authorization"] = `Bearer ${key}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const response = await fetch(path, {
    method: body === undefined ? "GET" : "POST",
    headers,
    body: body === undefined ? undefined : JSON.stringify(body),
    signal,
    credentials: "omit",
    cache: "no-store",
  });
  if (!response.ok) throw errorFrom(response.status, await response.text(), response.headers.get("Retry-After"));
  return response;
}

export async function listPairs(): Promise<Pair[]> {
  try {
    const models = await (await ask("v1/models")).json();
    const props = await ask("props").then((response) => response.json()).catch(() => undefined);
    return readPairs(models, props);
  } catch (error) {
    throw asApiError(error);
  }
}

// What one chunk of a chat completion says.
function* readChunk(data: string): Generator<StreamEvent> {
  const chunk = JSON.parse(data);
  if (chunk.error) throw errorFrom(500, data);
  const choice = chunk.choices?.[0];
  const context = choice?.delta?.c2c_context;
  const piece = choice?.delta?.content;
  if (typeof context === "string" && context) yield { kind: "context", piece: context };
  if (typeof piece === "string" && piece) yield { kind: "text", piece };
  if (typeof choice?.finish_reason === "string") {
    yield { kind: "finish", reason: choice.finish_reason, timings: chunk.timings };
  }
}

// Yields what arrives; throws ApiError, or the AbortError of `signal`.
export async function* streamChat(request: ChatRequest, signal: AbortSignal): AsyncGenerator<StreamEvent> {
  try {
    const response = await ask("v1/chat/completions", { ...request, stream: true }, signal);
    if (!response.body) throw new ApiError("the server sent no answer", response.status);
    let finished = false;
    for await (const data of eventsOf(response.body)) {
      if (data === "[DONE]") return;
      for (const event of readChunk(data)) {
        finished ||= event.kind === "finish";
        yield event;
      }
    }
    if (!finished) throw new ApiError("the answer broke off: the server closed the connection", 0);
  } catch (error) {
    throw signal.aborted ? error : asApiError(error);
  }
}

export async function inspectPrompt(request: ChatRequest, signal: AbortSignal): Promise<unknown> {
  try {
    return await (await ask("c2c/inspect", request, signal)).json();
  } catch (error) {
    throw signal.aborted ? error : asApiError(error);
  }
}
