// Which pairs the server answers for, from /v1/models and /props. Single models are left out: each is a column of its pair.
import { modes } from "../state/modes";
import type { Pair, PairDefaults } from "./types";

type Json = Record<string, unknown>;

const object = (value: unknown): Json => (typeof value === "object" && value !== null ? (value as Json) : {});
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const number = (value: unknown) => (typeof value === "number" && Number.isFinite(value) ? value : undefined);
const text = (value: unknown) => (typeof value === "string" && value ? value : undefined);
const texts = (value: unknown) => list(value).flatMap((entry) => text(entry) ?? []);

function readDefaults(props: Json): PairDefaults {
  const generation = object(props["default_generation_settings"]);
  return {
    maxTokens: number(generation["max_tokens"]),
    contextTokens: number(props["context_tokens"]),
    temperature: number(generation["temperature"]),
    topP: number(generation["top_p"]),
    topK: number(generation["top_k"]),
    thinking: props["thinking"] === true,
  };
}

// "receiver+sharer" unless somebody gave the pair a name of its own.
function receiverOf(id: string, sharers: string[]): string {
  const ending = sharers.map((name) => `+${name}`).join("");
  return id.endsWith(ending) && id.length > ending.length ? id.slice(0, -ending.length) : "the receiver";
}

function readPair(entry: Json, props: Json): Pair | undefined {
  const id = text(entry["id"]);
  const about = object(entry["c2c"]);
  const sharers = texts(about["sharers"]);
  const offered = texts(about["modes"]);
  if (!id || sharers.length === 0) return undefined;
  return {
    id,
    receiver: text(about["receiver"]) ?? receiverOf(id, sharers),
    sharers: sharers.map((name) => ({ name })),
    modes: modes.filter((mode) => offered.includes(mode)),
    defaults: readDefaults(props),
  };
}

export function readPairs(models: unknown, props: unknown): Pair[] {
  const known = list(object(props)["models"]).map(object);
  return list(object(models)["data"]).map(object).flatMap((entry) => {
    const own = known.find((candidate) => candidate["id"] === entry["id"]);
    return readPair(entry, own ?? {}) ?? [];
  });
}
