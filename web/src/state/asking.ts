// Questions on their way: one request per column, each of which can be stopped alone.
import { asApiError } from "../api/errors";
import { streamChat } from "../api/client";
import type { Mode, Pair, StreamEvent } from "../api/types";
import { announce } from "./announce";
import { isRunning, messagesFor, newConversation, newId, withAnswer, type Answer, type Turn } from "./conversation";
import { isBusy, load, save } from "./history";
import { modeTitles } from "./modes";
import { requestFor, type Settings } from "./settings";
import { Store } from "./store";

const openName = "c2c.open"; // which conversation this tab shows, for a reload

export const conversationStore = new Store(load(sessionStorage.getItem(openName) ?? "") ?? newConversation(""), 60);
const running = new Map<string, AbortController>();
const keyOf = (turnId: string, mode: Mode) => `${turnId}/${mode}`;

function keep(): void {
  const conversation = conversationStore.get();
  save(conversation);
  sessionStorage.setItem(openName, conversation.id);
}

function change(turnId: string, mode: Mode, part: (answer: Answer) => Partial<Answer>): void {
  conversationStore.update((conversation) => {
    const answer = conversation.turns.find((turn) => turn.id === turnId)?.answers[mode];
    return answer ? withAnswer(conversation, turnId, mode, { ...answer, ...part(answer) }) : conversation;
  });
}

function apply(turnId: string, mode: Mode, event: StreamEvent): void {
  const now = performance.now();
  change(turnId, mode, (answer) => {
    if (event.kind === "finish") return { finish: event.reason, timings: event.timings };
    if (event.kind === "context") return { status: "streaming", context: answer.context + event.piece };
    return { status: "streaming", text: answer.text + event.piece, firstAt: answer.firstAt ?? now };
  });
}

interface Job {
  turnId: string;
  mode: Mode;
  pair: Pair;
  settings: Settings;
  other: string; // control: what the sharer reads instead
}

async function stream(job: Job, signal: AbortSignal): Promise<void> {
  const conversation = conversationStore.get();
  const turn = conversation.turns.find((candidate) => candidate.id === job.turnId);
  if (!turn) return;
  const messages = messagesFor(conversation, turn, job.mode, job.settings.system);
  const request = { ...requestFor(job.mode, job.pair, job.settings, job.other), messages };
  change(job.turnId, job.mode, () => ({ askedAt: performance.now() }));
  for await (const event of streamChat(request, signal)) apply(job.turnId, job.mode, event);
}

async function run(job: Job): Promise<void> {
  const key = keyOf(job.turnId, job.mode);
  const controller = running.get(key);
  if (!controller) return; // stopped while it waited for the column before it
  const title = modeTitles[job.mode];
  try {
    await stream(job, controller.signal);
    change(job.turnId, job.mode, () => ({ status: "done", endedAt: performance.now() }));
    announce(`${title} has answered.`);
  } catch (error) {
    if (controller.signal.aborted) return; // `stop` has said so already
    const { message, param, status } = asApiError(error);
    const failure = { message, param, status };
    change(job.turnId, job.mode, () => ({ status: "failed", endedAt: performance.now(), failure }));
    announce(`${title} failed: ${message}`);
  } finally {
    if (running.get(key) === controller) running.delete(key);
    keep();
  }
}

function begin(job: Job): void {
  running.get(keyOf(job.turnId, job.mode))?.abort();
  running.set(keyOf(job.turnId, job.mode), new AbortController());
  const other = job.mode === "control" ? job.other : undefined;
  const answer: Answer = { status: "waiting", text: "", context: "", askedAt: performance.now(), other };
  conversationStore.update((conversation) => withAnswer(conversation, job.turnId, job.mode, answer));
}

async function runAll(jobs: Job[], inTurn: boolean): Promise<void> {
  jobs.forEach(begin);
  if (!inTurn) await Promise.all(jobs.map(run));
  else for (const job of jobs) await run(job);
}

export function ask(question: string, pair: Pair, settings: Settings, other: string): Turn {
  const turn: Turn = { id: newId(), question, answers: {} };
  conversationStore.update((conversation) => {
    const goesOn = conversation.model === pair.id || conversation.turns.length === 0;
    const base = goesOn ? { ...conversation, model: pair.id } : newConversation(pair.id);
    return { ...base, turns: [...base.turns, turn] };
  });
  const columns = settings.columns.filter((mode) => pair.modes.includes(mode));
  announce(`Asking ${columns.length} ${columns.length === 1 ? "column" : "columns"}.`);
  const jobs = columns.map((mode) => ({ turnId: turn.id, mode, pair, settings, other }));
  void runAll(jobs, settings.inTurn);
  keep();
  return turn;
}

// One column of an earlier question once more, or for the first time: the control, another mask.
export function askAgain(turnId: string, mode: Mode, pair: Pair, settings: Settings, other: string): void {
  void runAll([{ turnId, mode, pair, settings, other }], false);
}

export function stop(turnId: string, mode: Mode): void {
  const key = keyOf(turnId, mode);
  running.get(key)?.abort();
  running.delete(key);
  change(turnId, mode, (answer) => (isRunning(answer) ? { status: "stopped", endedAt: performance.now() } : {}));
  announce(`${modeTitles[mode]} stopped.`);
  keep();
}

export function stopAll(): void {
  for (const key of [...running.keys()]) {
    const [turnId, mode] = key.split("/") as [string, Mode];
    stop(turnId, mode);
  }
}

export function startAnew(model: string): void {
  if (isBusy(conversationStore.get())) stopAll();
  sessionStorage.removeItem(openName);
  conversationStore.set(newConversation(model));
}

export function reopen(id: string): void {
  const conversation = load(id);
  if (!conversation || id === conversationStore.get().id) return;
  if (isBusy(conversationStore.get())) stopAll();
  conversationStore.set(conversation);
  sessionStorage.setItem(openName, id);
}
