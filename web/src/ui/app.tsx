// The page: its bar, the conversation, the question's field, and one sheet at a time.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { announcement } from "../state/announce";
import { ask, conversationStore, reopen, startAnew, stopAll } from "../state/asking";
import type { Conversation } from "../state/conversation";
import { isBusy } from "../state/history";
import { modes } from "../state/modes";
import { otherQuestion, presetNamed } from "../state/presets";
import { chosenPair, connect, serverStore, type Server } from "../state/server";
import { settingsStore, type Settings } from "../state/settings";
import { useStore } from "../state/store";
import { Composer } from "./composer";
import { Drawer } from "./drawer";
import { HistoryList } from "./history";
import { KeysList, useKeys } from "./keys";
import { SettingsForm } from "./settings";
import { KeyForm, Trouble } from "./trouble";
import { TurnView } from "./turn";
import { Welcome } from "./welcome";

type Sheet = "settings" | "history" | "keys";

function useTheme(theme: Settings["theme"]) {
  useLayoutEffect(() => {
    document.documentElement.dataset["theme"] = theme;
  }, [theme]);
}

function lastFailure(conversation: Conversation) {
  const turn = conversation.turns.at(-1);
  return modes.map((mode) => turn?.answers[mode]?.failure).find(Boolean);
}

function Bar({ model, open, onNew }: { model: string; open: (sheet: Sheet) => void; onNew: () => void }) {
  return (
    <header class="bar">
      <h1>c2c <span>playground</span></h1>
      <p class="bar-model">{model}</p>
      <nav aria-label="Page">
        <button type="button" class="quiet" onClick={onNew}>New</button>
        <button type="button" class="quiet" onClick={() => open("history")}>History</button>
        <button type="button" class="quiet" onClick={() => open("settings")}>Settings</button>
        <button type="button" class="quiet" aria-label="Keys" onClick={() => open("keys")}>?</button>
      </nav>
    </header>
  );
}

interface SheetProps {
  sheet: Sheet | undefined;
  close: () => void;
  server: Server;
  conversation: Conversation;
  settings: Settings;
}

function Sheets({ sheet, close, server, conversation, settings }: SheetProps) {
  const pair = chosenPair(server, settings.model);
  const onOpen = (id: string) => {
    reopen(id);
    close();
  };
  const onForgotten = (id: string) => id === conversation.id && startAnew(settings.model);
  if (sheet === "settings") {
    return (
      <Drawer title="Settings" side="right" onClose={close}>
        <SettingsForm server={server} pair={pair} settings={settings} failure={lastFailure(conversation)} />
      </Drawer>
    );
  }
  if (sheet === "history") {
    return (
      <Drawer title="History" side="left" onClose={close}>
        <HistoryList current={conversation.id} onOpen={onOpen} onForgotten={onForgotten} />
      </Drawer>
    );
  }
  return sheet === "keys" ? <Drawer title="Keys" side="right" onClose={close}><KeysList settings={settings} /></Drawer> : null;
}

const pressLast = (selector: string) => [...document.querySelectorAll<HTMLElement>(selector)].at(-1)?.click();

export function App() {
  const server = useStore(serverStore);
  const settings = useStore(settingsStore);
  const conversation = useStore(conversationStore);
  const [sheet, setSheet] = useState<Sheet>();
  const [text, setText] = useState("");
  const field = useRef<HTMLTextAreaElement>(null);
  const pair = chosenPair(server, settings.model);
  // A conversation that was kept is shown with the pair that answered it, if the server still has it.
  const shownPair = server.pairs.find(({ id }) => id === conversation.model) ?? pair;
  const onAsk = (question: string) => {
    if (!pair) return;
    ask(question, pair, settings, otherQuestion(presetNamed(settings.preset), question));
    setText("");
  };
  const focusQuestion = () => field.current?.focus();
  const onNew = () => {
    startAnew(settings.model);
    focusQuestion();
  };
  useEffect(() => void connect(), []);
  useTheme(settings.theme);
  useKeys({
    focusQuestion, startAnew: onNew, stop: stopAll,
    openSettings: () => setSheet("settings"), openHistory: () => setSheet("history"), openKeys: () => setSheet("keys"),
    inspect: () => pressLast(".inspect-button"), control: () => pressLast(".control button"),
  }, settings);
  return (
    <>
      <a class="skip" href="#question">To the question</a>
      <Bar model={pair?.id ?? ""} open={setSheet} onNew={onNew} />
      <main>
        <Trouble server={server} />
        {lastFailure(conversation)?.status === 401 && <KeyForm />}
        {pair && conversation.turns.length === 0 && <Welcome pair={pair} settings={settings} onExample={onAsk} />}
        <ol class="turns">
          {shownPair && conversation.turns.map((turn, index) => (
            <TurnView key={turn.id} turn={turn} pair={shownPair} isLast={index === conversation.turns.length - 1} />
          ))}
        </ol>
      </main>
      <Composer pair={pair} settings={settings} busy={isBusy(conversation)} field={field} onAsk={onAsk} onStop={stopAll}
        text={text} onText={setText} />
      <Sheets sheet={sheet} close={() => setSheet(undefined)} server={server} conversation={conversation} settings={settings} />
      <Announcer />
    </>
  );
}

function Announcer() {
  return <p class="hidden" role="status" aria-live="polite">{useStore(announcement)}</p>;
}
