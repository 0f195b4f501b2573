// What a screen reader is told: when answers begin and end, never their tokens. Messages that come close together are
// read as one.
import { Store } from "./store";

const pause = 800; // ms

export const announcement = new Store("");
let waiting: string[] = [];
let timer: number | undefined;

export function announce(message: string): void {
  waiting.push(message);
  timer ??= window.setTimeout(() => {
    announcement.set(waiting.join(" "));
    waiting = [];
    timer = undefined;
  }, pause);
}
