// The question's field, and the switches that are changed between two questions: which columns, which sharers.
import type { RefObject } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";
import type { Mode, Pair } from "../api/types";
import { modes, modeTitles, shortName } from "../state/modes";
import { change, type Settings } from "../state/settings";

function Switch({ name, on, onChange }: { name: string; on: boolean; onChange: (on: boolean) => void }) {
  return (
    <label class="chip">
      <input type="checkbox" checked={on} onChange={(event) => onChange(event.currentTarget.checked)} />
      <span>{name}</span>
    </label>
  );
}

function toggled(columns: Mode[], mode: Mode, on: boolean): Mode[] {
  return modes.filter((candidate) => (candidate === mode ? on : columns.includes(candidate)));
}

export function Switches({ pair, settings }: { pair: Pair; settings: Settings }) {
  const setSharer = (index: number, on: boolean) =>
    change({ mask: pair.sharers.map((_, i) => (i === index ? on : settings.mask[i] ?? true)) });
  return (
    <div class="switches">
      <fieldset class="chips">
        <legend>Columns</legend>
        {pair.modes.map((mode) => (
          <Switch key={mode} name={modeTitles[mode]} on={settings.columns.includes(mode)}
            onChange={(on) => change({ columns: toggled(settings.columns, mode, on) })} />
        ))}
      </fieldset>
      <fieldset class="chips">
        <legend>Sharers heard</legend>
        {pair.sharers.map((sharer, index) => (
          <Switch key={index} name={shortName(sharer.name)} on={settings.mask[index] ?? true}
            onChange={(on) => setSharer(index, on)} />
        ))}
      </fieldset>
    </div>
  );
}

interface Props {
  pair: Pair | undefined;
  settings: Settings;
  busy: boolean;
  field: RefObject<HTMLTextAreaElement | null>;
  onAsk: (question: string) => void;
  onStop: () => void;
  text: string;
  onText: (text: string) => void;
}

// The field is as high as its text, within limits that the style sheet sets.
function useHeight(field: RefObject<HTMLTextAreaElement | null>, text: string) {
  useLayoutEffect(() => {
    const area = field.current;
    if (!area) return;
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight + 2}px`;
  }, [text]);
}

export function Composer({ pair, settings, busy, field, onAsk, onStop, text, onText }: Props) {
  const [open, setOpen] = useState(false);
  useHeight(field, text);
  const ready = pair !== undefined && !busy && settings.columns.length > 0 && text.trim() !== "";
  const submit = (event?: Event) => {
    event?.preventDefault();
    if (ready) onAsk(text.trim());
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    submit(event);
  };
  return (
    <form class="composer" onSubmit={submit}>
      <div class="composer-row">
        <label class="hidden" for="question">Your question</label>
        <textarea id="question" ref={field} rows={1} value={text} placeholder="Ask all columns"
          aria-describedby="keys-hint" onInput={(event) => onText(event.currentTarget.value)} onKeyDown={onKey} />
        {busy
          ? <button type="button" class="primary stop" onClick={onStop}>Stop all</button>
          : <button type="submit" class="primary" disabled={!ready}>Ask</button>}
      </div>
      <div class="composer-foot">
        <button type="button" class="small quiet switches-button" aria-expanded={open} aria-controls="switches"
          onClick={() => setOpen(!open)}>Columns and sharers</button>
        <div id="switches" class={open ? "switches-open" : "switches-closed"}>
          {pair && <Switches pair={pair} settings={settings} />}
        </div>
        <p id="keys-hint" class="hint">
          {settings.columns.length === 0 ? "Choose at least one column. " : ""}
          <kbd>Enter</kbd> asks, <kbd>Esc</kbd> stops, <kbd>?</kbd> lists all keys
        </p>
      </div>
    </form>
  );
}
