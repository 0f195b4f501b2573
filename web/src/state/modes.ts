// The columns: who answers, and what the name means to somebody who has never heard of it.
import type { Mode, Pair } from "../api/types";

export const modes: readonly Mode[] = ["receiver", "sharer", "t2t", "c2c", "control"];

export const modeTitles: Record<Mode, string> = {
  receiver: "Receiver alone",
  sharer: "Sharer alone",
  t2t: "Text-to-text",
  c2c: "Cache-to-cache",
  control: "Control",
};

// Model names without their folder and the ending of their file.
export function shortName(name: string): string {
  return (name.split("/").pop() ?? name).replace(/\.gguf$/, "");
}

export function sharerNames(pair: Pair): string {
  return pair.sharers.map((sharer) => shortName(sharer.name)).join(" and ");
}

export function explainMode(mode: Mode, pair: Pair): string {
  const receiver = shortName(pair.receiver);
  const sharers = sharerNames(pair);
  const first = shortName(pair.sharers[0]?.name ?? "");
  switch (mode) {
    case "receiver":
      return `${receiver} answers by itself.`;
    case "sharer":
      return `${first} answers by itself.`;
    case "t2t":
      return `${first} writes a note, ${receiver} reads it and answers.`;
    case "c2c":
      return `${receiver} answers; the cache of ${sharers} is fused into its own. Not a word passes.`;
    case "control":
      return `As cache-to-cache, but ${sharers} has read another question.`;
  }
}
