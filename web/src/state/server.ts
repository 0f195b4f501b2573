// What the server has told about itself.
import { asApiError } from "../api/errors";
import { listPairs } from "../api/client";
import type { ApiError } from "../api/errors";
import type { Pair } from "../api/types";
import { presetNamed } from "./presets";
import { change, settingsStore } from "./settings";
import { Store } from "./store";

export interface Server {
  state: "asking" | "ready" | "failed";
  pairs: Pair[];
  error?: ApiError;
}

export const serverStore = new Store<Server>({ state: "asking", pairs: [] });
const loadingPause = 2000; // ms between questions while the models load

export const chosenPair = (server: Server, model: string) =>
  server.pairs.find((pair) => pair.id === model) ?? server.pairs[0];

export function choosePair(pair: Pair): void {
  const { preset, budgets } = settingsStore.get();
  const settings = presetNamed(preset).settings(pair);
  change({ model: pair.id, mask: [], ...settings, budgets: settings.budgets ?? budgets });
}

export async function connect(): Promise<void> {
  serverStore.set({ state: "asking", pairs: serverStore.get().pairs });
  try {
    const pairs = await listPairs();
    serverStore.set({ state: "ready", pairs });
    const first = pairs[0];
    if (first && !pairs.some((pair) => pair.id === settingsStore.get().model)) choosePair(first);
  } catch (thrown) {
    const error = asApiError(thrown);
    serverStore.set({ state: "failed", pairs: [], error });
    if (error.status === 503) window.setTimeout(() => void connect(), loadingPause);
  }
}
