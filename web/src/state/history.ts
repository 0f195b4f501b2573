// Conversations kept in this browser: localStorage, one entry each and a list of them, the oldest dropped first.
import type { Mode } from "../api/types";
import { isRunning, type Answer, type Conversation, type Turn } from "./conversation";
import { modes } from "./modes";
import { Store } from "./store";

export interface Entry {
  id: string;
  title: string;
  model: string;
  updated: number;
}

const listName = "c2c.history";
const entryName = (id: string) => `c2c.conversation.${id}`;
const mostConversations = 50;
const mostCharacters = 200_000; // of one conversation

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null;
const text = (value: unknown) => (typeof value === "string" ? value : "");
const list = (value: unknown) => (Array.isArray(value) ? value : []);

function parsed(name: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(name) ?? "null");
  } catch {
    return null;
  }
}

function readEntry(value: unknown): Entry[] {
  if (!isObject(value) || !text(value["id"])) return [];
  return [{
    id: text(value["id"]),
    title: text(value["title"]),
    model: text(value["model"]),
    updated: Number(value["updated"]) || 0,
  }];
}

function readAnswer(value: unknown): Answer | undefined {
  if (!isObject(value)) return undefined;
  const status = value["status"];
  const failure = value["failure"];
  return {
    status: status === "done" || status === "failed" ? status : "stopped",
    text: text(value["text"]),
    context: text(value["context"]),
    finish: text(value["finish"]) || undefined,
    timings: isObject(value["timings"]) ? value["timings"] : undefined,
    askedAt: 0,
    other: text(value["other"]) || undefined,
    failure: isObject(failure) ? { message: text(failure["message"]), param: text(failure["param"]) || undefined } : undefined,
  };
}

function readTurn(value: unknown): Turn[] {
  if (!isObject(value) || !text(value["id"])) return [];
  const stored = isObject(value["answers"]) ? value["answers"] : {};
  const answers: Partial<Record<Mode, Answer>> = {};
  for (const mode of modes) {
    const answer = readAnswer(stored[mode]);
    if (answer) answers[mode] = answer;
  }
  return [{ id: text(value["id"]), question: text(value["question"]), answers }];
}

export function load(id: string): Conversation | undefined {
  const value = parsed(entryName(id));
  if (!isObject(value)) return undefined;
  const turns = list(value["turns"]).flatMap(readTurn);
  const updated = Number(value["updated"]) || 0;
  return { id, model: text(value["model"]), created: Number(value["created"]) || updated, updated, turns };
}

export const historyStore = new Store<Entry[]>(list(parsed(listName)).flatMap(readEntry));

function write(name: string, value: unknown): boolean {
  try {
    localStorage.setItem(name, JSON.stringify(value));
    return true;
  } catch {
    return false; // full, or forbidden
  }
}

export function forget(id: string): void {
  localStorage.removeItem(entryName(id));
  const entries = historyStore.get().filter((entry) => entry.id !== id);
  write(listName, entries);
  historyStore.set(entries);
}

export function forgetAll(): void {
  for (const entry of historyStore.get()) forget(entry.id);
}

// The last turns that fit; clocks of this page's life mean nothing to the next one.
function bounded(conversation: Conversation): Conversation {
  let turns = conversation.turns;
  while (turns.length > 1 && JSON.stringify(turns).length > mostCharacters) turns = turns.slice(1);
  return { ...conversation, turns };
}

export function save(conversation: Conversation): void {
  const first = conversation.turns[0];
  if (!first) return;
  const entry: Entry = {
    id: conversation.id,
    title: first.question.trim().split("\n")[0]!.slice(0, 120),
    model: conversation.model,
    updated: conversation.updated,
  };
  const entries = [entry, ...historyStore.get().filter((other) => other.id !== entry.id)];
  for (const old of entries.splice(mostConversations)) localStorage.removeItem(entryName(old.id));
  while (!write(entryName(entry.id), bounded(conversation)) && entries.length > 1) {
    localStorage.removeItem(entryName(entries.pop()!.id));
  }
  write(listName, entries);
  historyStore.set(entries);
}

export const isBusy = (conversation: Conversation) =>
  conversation.turns.some((turn) => modes.some((mode) => isRunning(turn.answers[mode])));
