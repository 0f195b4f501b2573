// openai_node.mjs URL MODEL: OpenAI's client for node asks; prints [name, holds, found] as JSON, a line each.
import OpenAI from "openai";

const [baseURL, model] = process.argv.slice(2);
const client = new OpenAI({ baseURL, maxRetries: 0 });
const messages = [{ role: "user", content: "What is a sextant?" }];
const plain = { model, messages, max_tokens: 24, temperature: 0 };

const check = (name, holds, found = null) => console.log(JSON.stringify([`node: ${name}`, Boolean(holds), found]));
const equal = (name, found, wanted) =>
  check(name, JSON.stringify(found) === JSON.stringify(wanted), { found, wanted });

async function all(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

async function chats() {
  const whole = await client.chat.completions.create(plain);
  const text = whole.choices[0].message.content;
  const chunks = await all(
    await client.chat.completions.create({ ...plain, stream: true, stream_options: { include_usage: true } }),
  );
  const choices = chunks.flatMap((chunk) => chunk.choices);
  equal("streamed chat says the same", choices.map((c) => c.delta.content ?? "").join(""), text);
  equal("the first chunk carries the role", choices[0].delta.role, "assistant");
  equal("finish_reason", choices.at(-1).finish_reason, whole.choices[0].finish_reason);
  equal("usage chunk", chunks.at(-1).usage.completion_tokens, whole.usage.completion_tokens);
  // The client's own accumulator, which refuses chunks that are out of order.
  equal("its accumulator", await client.chat.completions.stream(plain).finalContent(), text);
  const two = await client.chat.completions.create({ ...plain, n: 2, temperature: 1, seed: 7 });
  equal("n=2", two.choices.map((c) => c.index), [0, 1]);
  const stop = ` ${text.split(" ")[2]}`;
  const stopped = await client.chat.completions.create({ ...plain, stop });
  equal("stop", [stopped.choices[0].message.content, stopped.choices[0].finish_reason],
    [text.slice(0, text.indexOf(stop)), "stop"]);
  const scored = await client.chat.completions.create({ ...plain, logprobs: true, top_logprobs: 2 });
  equal("logprobs", scored.choices[0].logprobs.content.map((t) => t.token).join(""), text);
}

async function completions() {
  const asked = { model, prompt: "The sea is", max_tokens: 12, temperature: 0 };
  const whole = await client.completions.create({ ...asked, logprobs: 1 });
  equal("completion's logprobs", whole.choices[0].logprobs.tokens.join(""), whole.choices[0].text);
  const chunks = await all(await client.completions.create({ ...asked, stream: true }));
  equal("streamed completion says the same", chunks.map((c) => c.choices[0].text).join(""), whole.choices[0].text);
}

async function leaves() {
  const stream = await client.chat.completions.create({ ...plain, max_tokens: 400, stream: true });
  for await (const _ of stream) break; // the client closes the connection
  equal("after leaving a stream the next is answered", (await client.models.list()).data.length, 3);
}

async function raises(name, kind, param, more, asker = client) {
  try {
    await asker.chat.completions.create({ ...plain, ...more });
    check(name, false, "no error");
  } catch (error) {
    check(name, error instanceof kind && error.param === param, { error: String(error), param: error.param });
  }
}

await chats();
await completions();
await leaves();
await raises("unknown model", OpenAI.NotFoundError, "model", { model: "nobody" });
await raises("temperature out of range", OpenAI.BadRequestError, "temperature", { temperature: 9000 });
await raises("a stream's fault is told by status", OpenAI.BadRequestError, "top_p", { top_p: 7, stream: true });
await raises("a wrong key", OpenAI.AuthenticationError, null, {}, new OpenAI({ baseURL, apiKey: "sk-wrong", maxRetries: 0 }));
