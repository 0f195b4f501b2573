// /c2c/inspect's answer, checked: a field that is missing or of another type is left empty, never trusted.
import type { FusedLayer, Gate, Inspected, InspectedToken } from "./types";

type Json = Record<string, unknown>;
const object = (value: unknown): Json => (typeof value === "object" && value !== null ? (value as Json) : {});
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const number = (value: unknown) => (typeof value === "number" && Number.isFinite(value) ? value : 0);
const numbers = (value: unknown) => list(value).map(number);

// The API counts sharers from 1, this page from 0.
const sharer = (value: unknown) => number(value) - 1;

function readToken(value: unknown): InspectedToken {
  const token = object(value);
  return {
    text: typeof token["text"] === "string" ? token["text"] : "",
    section: number(token["section"]),
    sharers: list(token["sharers"]).map(sharer),
    change: { key: numbers(token["key_change_per_layer"]), value: numbers(token["value_change_per_layer"]) },
  };
}

function readGate(fused: Json, which: "key" | "value"): Gate {
  const logit = fused[`${which}_gate_logit`];
  return {
    open: fused[`${which}_open`] !== false,
    logit: typeof logit === "number" ? logit : undefined,
    scalars: numbers(fused[`${which}_scalar_per_head`]),
  };
}

function readLayer(value: unknown): FusedLayer {
  const fused = object(value);
  return {
    layer: number(fused["layer"]),
    sharer: sharer(fused["sharer"]),
    gates: { key: readGate(fused, "key"), value: readGate(fused, "value") },
  };
}

export function readInspection(value: unknown): Inspected {
  const answer = object(value);
  return { tokens: list(answer["tokens"]).map(readToken), layers: list(answer["layers"]).map(readLayer) };
}
