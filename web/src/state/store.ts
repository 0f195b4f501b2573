// A value that components watch. Changes are told at most every `pause` milliseconds: tokens arrive faster than anybody
// reads, and each telling lays the page out anew.
import { useEffect, useState } from "preact/hooks";

export class Store<T> {
  private listeners = new Set<() => void>();
  private timer: number | undefined;

  constructor(
    private value: T,
    private readonly pause = 0,
  ) {}

  get(): T {
    return this.value;
  }

  set(value: T): void {
    if (Object.is(value, this.value)) return;
    this.value = value;
    if (this.pause === 0) this.tell();
    else this.timer ??= window.setTimeout(() => this.tell(), this.pause);
  }

  update(change: (value: T) => T): void {
    this.set(change(this.value));
  }

  watch(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private tell(): void {
    this.timer = undefined;
    for (const listener of [...this.listeners]) listener();
  }
}

export function useStore<T>(store: Store<T>): T {
  const [, redraw] = useState(0);
  useEffect(() => {
    const stop = store.watch(() => redraw((count) => count + 1));
    redraw((count) => count + 1); // what changed between drawing and watching
    return stop;
  }, [store]);
  return store.get();
}
