// One question and its answers, side by side; below them the control and the view of where fusing acted.
import { useEffect, useRef, useState } from "preact/hooks";
import type { Mode, Pair } from "../api/types";
import { Inspection } from "../inspect/inspection";
import { askAgain, conversationStore, stop } from "../state/asking";
import { isRunning, type Turn } from "../state/conversation";
import { modes } from "../state/modes";
import { otherQuestion, presetNamed } from "../state/presets";
import { settingsStore } from "../state/settings";
import { Column } from "./column";
import { ControlStrip } from "./control";
import { totalOf } from "./figures";

interface Props {
  turn: Turn;
  pair: Pair;
  isLast: boolean;
}

function useIntoView(isLast: boolean) {
  const place = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (isLast && conversationStore.get().turns.length > 1) place.current?.scrollIntoView({ block: "start" });
  }, []);
  return place;
}

export function TurnView({ turn, pair, isLast }: Props) {
  const place = useIntoView(isLast);
  const [inspecting, setInspecting] = useState(false);
  const shown = modes.filter((mode) => turn.answers[mode]);
  const longest = Math.max(0, ...shown.map((mode) => totalOf(turn.answers[mode]!) ?? 0));
  const fusedDone = turn.answers.c2c && !isRunning(turn.answers.c2c);
  const suggestion = turn.answers.control?.other ?? otherQuestion(presetNamed(settingsStore.get().preset), turn.question);
  const again = (mode: Mode, other: string) => askAgain(turn.id, mode, pair, settingsStore.get(), other);
  return (
    <li class="turn" ref={place}>
      <h2 class="question">{turn.question}</h2>
      <div class="columns" data-count={shown.length}>
        {shown.map((mode) => (
          <Column key={mode} id={`${turn.id}-${mode}`} mode={mode} pair={pair} answer={turn.answers[mode]!} longest={longest}
            onStop={() => stop(turn.id, mode)} onAgain={() => again(mode, suggestion)} />
        ))}
      </div>
      {turn.answers.c2c && (
        <ControlStrip key={suggestion} turnId={turn.id} pair={pair} suggestion={suggestion} ran={!!turn.answers.control}
          onRun={(other) => again("control", other)} />
      )}
      {fusedDone && (
        <button type="button" class="link inspect-button" aria-expanded={inspecting} onClick={() => setInspecting(!inspecting)}>
          {inspecting ? "Hide where fusing acted" : "Where fusing acted"}
        </button>
      )}
      {inspecting && <Inspection turn={turn} pair={pair} />}
    </li>
  );
}
