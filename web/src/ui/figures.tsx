// How long a column took and what it did meanwhile: figures, and a bar on the same scale in every column of a turn.
import type { Timings } from "../api/types";
import type { Answer } from "../state/conversation";
import { duration, rate } from "./numbers";

interface Part {
  name: string;
  key: keyof Timings;
  kind: string; // its colour
}

const parts: readonly Part[] = [
  { name: "waited in line", key: "queue_ms", kind: "queue" },
  { name: "sharer wrote", key: "context_ms", kind: "context" },
  { name: "sharer prefill", key: "sharer_prefill_ms", kind: "sharer" },
  { name: "receiver prefill", key: "receiver_prefill_ms", kind: "receiver" },
  { name: "fuse", key: "fuse_ms", kind: "fuse" },
  { name: "decode", key: "decode_ms", kind: "decode" },
];

const worthShowing = 0.05; // ms

// The server's total; the browser's where the stream was stopped.
export function totalOf(answer: Answer): number | undefined {
  if (answer.timings?.total_ms !== undefined) return answer.timings.total_ms;
  return answer.endedAt === undefined ? undefined : answer.endedAt - answer.askedAt;
}

function firstOf(answer: Answer): number | undefined {
  if (answer.timings?.first_token_ms !== undefined) return answer.timings.first_token_ms;
  return answer.firstAt === undefined ? undefined : answer.firstAt - answer.askedAt;
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Split({ timings, longest }: { timings: Timings; longest: number }) {
  const shown = parts.filter((part) => (timings[part.key] ?? 0) > worthShowing);
  const total = timings.total_ms ?? shown.reduce((sum, part) => sum + (timings[part.key] ?? 0), 0);
  return (
    <div class="split">
      <div class="split-bar" aria-hidden="true" style={{ width: `${(100 * total) / Math.max(longest, total, 1)}%` }}>
        {shown.map((part) => (
          <i key={part.key} class={`part part-${part.kind}`} style={{ flexGrow: timings[part.key] ?? 0 }} />
        ))}
      </div>
      <dl class="split-list">
        {shown.map((part) => (
          <div key={part.key}>
            <dt><i class={`part part-${part.kind}`} aria-hidden="true" />{part.name}</dt>
            <dd>{duration(timings[part.key])}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function Counts({ timings }: { timings: Timings }) {
  const { prompt_n: prompt, predicted_n: predicted, cache_n: cached, fused_n: fused } = timings;
  const words = [
    predicted !== undefined && `${predicted} written`,
    prompt !== undefined && `${prompt} read`,
    cached !== undefined && `${cached} cached`,
    fused ? `${fused} fused` : false,
  ].filter(Boolean);
  return <p class="counts">{words.length > 0 ? `Tokens: ${words.join(" · ")}` : ""}</p>;
}

export function Figures({ answer, longest }: { answer: Answer; longest: number }) {
  const { timings } = answer;
  const running = answer.status === "waiting" || answer.status === "streaming";
  return (
    <div class="figures">
      <dl class="figures-main">
        <Figure name="first token" value={duration(firstOf(answer))} />
        <Figure name="tokens/s" value={rate(timings?.predicted_per_second)} />
        <Figure name="total" value={duration(totalOf(answer))} />
      </dl>
      {timings && <Split timings={timings} longest={longest} />}
      {timings && <Counts timings={timings} />}
      {!timings && !running && totalOf(answer) !== undefined && <p class="counts">Timed by this browser.</p>}
    </div>
  );
}
