// Earlier conversations of this browser.
import { useState } from "preact/hooks";
import { forget, forgetAll, historyStore } from "../state/history";
import { useStore } from "../state/store";
import { when } from "./numbers";

interface Props {
  current: string;
  onOpen: (id: string) => void;
  onForgotten: (id: string) => void;
}

export function HistoryList({ current, onOpen, onForgotten }: Props) {
  const entries = useStore(historyStore);
  const [sure, setSure] = useState(false);
  const drop = (id: string) => {
    forget(id);
    onForgotten(id);
  };
  const dropAll = () => {
    if (!sure) return setSure(true);
    setSure(false);
    forgetAll();
    onForgotten(current);
  };
  if (entries.length === 0) return <p class="hint">Nothing yet. Conversations stay in this browser, and nowhere else.</p>;
  return (
    <>
      <ul class="history">
        {entries.map((entry) => (
          <li key={entry.id} data-current={entry.id === current}>
            <button type="button" class="history-open" aria-current={entry.id === current} onClick={() => onOpen(entry.id)}>
              <span class="history-title">{entry.title}</span>
              <span class="history-about">{when(entry.updated)} · {entry.model}</span>
            </button>
            <button type="button" class="small quiet" aria-label={`Delete: ${entry.title}`} onClick={() => drop(entry.id)}>
              Delete
            </button>
          </li>
        ))}
      </ul>
      <p class="hint">The newest 50, in this browser only.</p>
      <button type="button" class="small" onClick={dropAll}>{sure ? "Really delete all?" : "Delete all"}</button>
    </>
  );
}
