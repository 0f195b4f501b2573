// /c2c/inspect's answer, checked: a field that is missing or of another type is left empty, never trusted.
import type { FusedLayer, Gate, Inspected, InspectedToken } from "./types";

type Json = Record<string, unknown>;
const object = (value: unknown): Json => (typeof value === "object" && value !== null ? (value as Json) : {});
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const number = (value: unknown) => (typeof value === "number" && Number.isFinite(value) ? value : 0);
const numbers = (value: unknown) => list(value).map(number);

function readToken(value: unknown): InspectedToken {
  const token = object(value);
  const change = object(token["change"]);
  return {
    text: typeof token["text"] === "string" ? token["text"] : "",
    section: number(token["section"]),
    sharers: numbers(token["sharers"]),
    change: { key: numbers(change["key"]), value: numbers(change["value"]) },
  };
}

function readGate(value: unknown): Gate {
  const gate = object(value);
  return {
    open: gate["open"] !== false,
    logit: typeof gate["logit"] === "number" ? gate["logit"] : undefined,
    scalars: numbers(gate["scalars"]),
  };
}

function readLayer(value: unknown): FusedLayer {
  const fused = object(value);
  return {
    layer: number(fused["layer"]),
    sharer: number(fused["sharer"]),
    gates: { key: readGate(fused["key"]), value: readGate(fused["value"]) },
  };
}

export function readInspection(value: unknown): Inspected {
  const answer = object(value);
  return { tokens: list(answer["tokens"]).map(readToken), layers: list(answer["layers"]).map(readLayer) };
}
