// Which pairs the server answers for, from /v1/models and /props. Single models are left out: each is a column of its pair.
import type { Pair, PairDefaults, Sharer } from "./types";

type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);
const number = (value: unknown) => (typeof value === "number" && Number.isFinite(value) ? value : undefined);
const text = (value: unknown) => (typeof value === "string" && value ? value : undefined);

function readSharers(value: unknown): Sharer[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry) => {
    const name = text(entry) ?? (isObject(entry) ? text(entry["name"]) ?? text(entry["id"]) : undefined);
    return name ? [{ name }] : [];
  });
}

function readDefaults(value: Json): PairDefaults {
  const fusion = text(value["fusion"]);
  const thinking = value["thinking"];
  const sampling = isObject(value["sampling"]) ? value["sampling"] : value;
  return {
    maxTokens: number(value["max_tokens"]) ?? number(value["max_new_tokens"]),
    contextTokens: number(value["context_tokens"]),
    temperature: number(sampling["temperature"]),
    topP: number(sampling["top_p"]),
    topK: number(sampling["top_k"]),
    fusion: fusion === "sequential" || fusion === "parallel" ? fusion : undefined,
    thinking: typeof thinking === "boolean" ? thinking : undefined,
  };
}

function readPair(entry: unknown, props: Json): Pair | undefined {
  if (!isObject(entry)) return undefined;
  const id = text(entry["id"]);
  const about = isObject(entry["c2c"]) ? entry["c2c"] : entry;
  const sharers = readSharers(about["sharers"]);
  if (!id || sharers.length === 0) return undefined;
  const defaults = isObject(about["defaults"]) ? about["defaults"] : props;
  return { id, receiver: text(about["receiver"]) ?? id, sharers, defaults: readDefaults(defaults) };
}

export function readPairs(models: unknown, props: unknown): Pair[] {
  const entries = isObject(models) && Array.isArray(models["data"]) ? models["data"] : [];
  const defaults = isObject(props) && isObject(props["defaults"]) ? props["defaults"] : {};
  return entries.flatMap((entry) => readPair(entry, defaults) ?? []);
}
