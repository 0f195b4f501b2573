// A conversation: turns, and in each turn an answer per column. Every column reads its own answers as its history.
import type { Message, Mode, Timings } from "../api/types";

export type Status = "waiting" | "streaming" | "done" | "stopped" | "failed";

export interface Failure {
  message: string;
  param?: string; // the request's field at fault
  status?: number; // HTTP's
}

export interface Answer {
  status: Status;
  text: string;
  context: string; // text-to-text: what the sharer wrote
  finish?: string; // stop, length
  timings?: Timings; // the server's; without them the browser's clock below
  askedAt: number; // performance.now()
  firstAt?: number;
  endedAt?: number;
  other?: string; // control: the question that the sharer read
  failure?: Failure;
}

export interface Turn {
  id: string;
  question: string;
  answers: Partial<Record<Mode, Answer>>;
}

export interface Conversation {
  id: string;
  model: string;
  created: number; // Date.now()
  updated: number;
  turns: Turn[];
}

export function newId(): string {
  return Date.now().toString(36) + Math.random().toString(36).slice(2, 8);
}

export function newConversation(model: string): Conversation {
  const now = Date.now();
  return { id: newId(), model, created: now, updated: now, turns: [] };
}

export const isRunning = (answer: Answer | undefined) => answer?.status === "waiting" || answer?.status === "streaming";

// A control goes on where cache-to-cache stands in turns in which nobody asked for one.
function earlierAnswer(turn: Turn, mode: Mode): string | undefined {
  const own = turn.answers[mode]?.text;
  return own || (mode === "control" ? turn.answers.c2c?.text : undefined) || undefined;
}

// What a column's model reads: its own history up to and including the question of `turn`.
export function messagesFor(conversation: Conversation, turn: Turn, mode: Mode, system: string | undefined): Message[] {
  const messages: Message[] = [];
  if (system !== undefined) messages.push({ role: "system", content: system });
  for (const earlier of conversation.turns) {
    if (earlier.id === turn.id) break;
    const answer = earlierAnswer(earlier, mode);
    if (answer === undefined) continue; // this column was not asked, or gave nothing
    messages.push({ role: "user", content: earlier.question }, { role: "assistant", content: answer });
  }
  messages.push({ role: "user", content: turn.question });
  return messages;
}

export function withAnswer(conversation: Conversation, turnId: string, mode: Mode, answer: Answer): Conversation {
  const turns = conversation.turns.map((turn) =>
    turn.id === turnId ? { ...turn, answers: { ...turn.answers, [mode]: answer } } : turn,
  );
  return { ...conversation, turns, updated: Date.now() };
}
