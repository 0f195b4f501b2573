// What a person may change, kept in localStorage; everything read back is checked, since other versions of this page (or
// a person) may have written it.
import type { ChatRequest, Mode, Pair } from "../api/types";
import { modes } from "./modes";
import { Store } from "./store";

export interface Budgets {
  receiver: number; // new tokens, of the sharer alone too
  t2t: number;
  c2c: number; // of the control too
  context: number; // what the sharer may write in text-to-text
}

export interface Settings {
  model: string; // "" until the server has said what it has
  preset: string;
  columns: Mode[];
  mask: boolean[]; // by sharer; empty: all
  fusion: "" | "sequential" | "parallel"; // "": the run file's
  sampling: boolean; // false: greedy
  temperature: number;
  topP: number;
  topK: number;
  seed: number;
  budgets: Budgets;
  system: string | undefined; // undefined: the run file's
  thinking: boolean;
  inTurn: boolean; // one column after another, so that none slows another down
  theme: "auto" | "light" | "dark";
  singleKeys: boolean;
}

const storageName = "c2c.settings";

export const initialSettings: Settings = {
  model: "",
  preset: "pair",
  columns: ["receiver", "t2t", "c2c"],
  mask: [],
  fusion: "",
  sampling: false,
  temperature: 0.7,
  topP: 0.8,
  topK: 20,
  seed: 42,
  budgets: { receiver: 64, t2t: 64, c2c: 64, context: 48 },
  system: undefined,
  thinking: false,
  inTurn: false,
  theme: "auto",
  singleKeys: true,
};

function merged<T extends object>(defaults: T, stored: unknown): T {
  if (typeof stored !== "object" || stored === null) return defaults;
  const result = { ...defaults };
  for (const key of Object.keys(defaults) as (keyof T)[]) {
    const value = (stored as T)[key];
    if (typeof value !== typeof defaults[key] || Array.isArray(value) !== Array.isArray(defaults[key])) continue;
    result[key] = value;
  }
  return result;
}

export function readSettings(text: string | null): Settings {
  try {
    const stored = JSON.parse(text ?? "{}");
    const settings = merged(initialSettings, stored);
    settings.budgets = merged(initialSettings.budgets, stored.budgets);
    if (typeof stored.system === "string") settings.system = stored.system;
    settings.columns = modes.filter((mode) => settings.columns.includes(mode));
    settings.mask = settings.mask.filter((on) => typeof on === "boolean");
    if (!["", "sequential", "parallel"].includes(settings.fusion)) settings.fusion = "";
    if (!["auto", "light", "dark"].includes(settings.theme)) settings.theme = "auto";
    return settings;
  } catch {
    return initialSettings;
  }
}

export const settingsStore = new Store<Settings>(readSettings(localStorage.getItem(storageName)));
settingsStore.watch(() => {
  try {
    localStorage.setItem(storageName, JSON.stringify(settingsStore.get()));
  } catch {
    // Storage is full or forbidden: the settings last as long as the page.
  }
});

export function change(part: Partial<Settings>): void {
  settingsStore.update((settings) => ({ ...settings, ...part }));
}

// The sharers as the API writes them: "all", "none" or the bit mask.
export function maskText(mask: boolean[], pair: Pair): string {
  const on = pair.sharers.map((_, index) => mask[index] ?? true);
  if (on.every(Boolean)) return "all";
  const bits = on.reduce((sum, heard, index) => sum + (heard ? 2 ** index : 0), 0);
  return bits === 0 ? "none" : String(bits);
}

function budgetOf(mode: Mode, budgets: Budgets): number {
  if (mode === "t2t") return budgets.t2t;
  return mode === "c2c" || mode === "control" ? budgets.c2c : budgets.receiver;
}

// Everything of a request but its messages.
export function requestFor(mode: Mode, pair: Pair, settings: Settings, other: string): Omit<ChatRequest, "messages"> {
  const fused = mode === "c2c" || mode === "control";
  return {
    model: pair.id,
    max_tokens: budgetOf(mode, settings.budgets),
    ...(settings.sampling
      ? { temperature: settings.temperature, top_p: settings.topP, top_k: settings.topK, seed: settings.seed }
      : { temperature: 0 }),
    chat_template_kwargs: { enable_thinking: settings.thinking },
    c2c: {
      mode,
      ...(fused ? { mask: maskText(settings.mask, pair) } : {}),
      ...(fused && settings.fusion ? { fusion: settings.fusion } : {}),
      ...(mode === "control" ? { control: other } : {}),
      ...(mode === "t2t" ? { context_tokens: settings.budgets.context } : {}),
    },
  };
}
