// The keyboard: what the page listens to, and the list of it.
import { useEffect } from "preact/hooks";
import { change, type Settings } from "../state/settings";
import { CheckField } from "./fields";

export interface Actions {
  focusQuestion: () => void;
  startAnew: () => void;
  openSettings: () => void;
  openHistory: () => void;
  openKeys: () => void;
  inspect: () => void;
  control: () => void;
  stop: () => void;
}

const keys: readonly (readonly [key: string, action: keyof Actions, what: string])[] = [
  ["/", "focusQuestion", "write a question"],
  ["n", "startAnew", "new conversation"],
  ["c", "control", "run the control of the last question"],
  ["i", "inspect", "where fusing acted, in the last answer"],
  ["s", "openSettings", "settings"],
  ["h", "openHistory", "history"],
  ["?", "openKeys", "this list"],
];

const isWriting = (target: EventTarget | null) =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

export function useKeys(actions: Actions, settings: Settings): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (document.querySelector("dialog[open]")) return; // which has keys of its own
      if (event.key === "Escape") return actions.stop();
      if (!settings.singleKeys || event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target)) return;
      const found = keys.find(([key]) => key === event.key);
      if (!found) return;
      event.preventDefault();
      actions[found[1]]();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  });
}

export function KeysList({ settings }: { settings: Settings }) {
  return (
    <>
      <h3>In the question</h3>
      <dl class="keys">
        <div><dt><kbd>Enter</kbd></dt><dd>ask</dd></div>
        <div><dt><kbd>Shift</kbd> <kbd>Enter</kbd></dt><dd>new line</dd></div>
        <div><dt><kbd>Esc</kbd></dt><dd>stop all columns; close a sheet</dd></div>
      </dl>
      <h3>Anywhere else</h3>
      <dl class="keys">
        {keys.map(([key, , what]) => <div key={key}><dt><kbd>{key}</kbd></dt><dd>{what}</dd></div>)}
      </dl>
      <CheckField id="single-keys" label="Single keys" hint="Switch off if they get in the way of speech input."
        checked={settings.singleKeys} onValue={(singleKeys) => change({ singleKeys })} />
      <details class="licences">
        <summary>Licences of the parts of this page</summary>
        <pre tabIndex={0}>{document.getElementById("licences")?.textContent}</pre>
      </details>
    </>
  );
}
