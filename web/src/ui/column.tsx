// One answer: who gives it, its text as it comes, what it cost.
import type { Mode, Pair } from "../api/types";
import { isRunning, type Answer } from "../state/conversation";
import { explainMode, modeTitles, sharerNames, shortName } from "../state/modes";
import { Figures } from "./figures";
import { Glyph } from "./glyph";
import { Markdown } from "./markdown";

const endings: Record<string, string> = {
  length: "Cut off: the token budget is used up.",
  cancelled: "Cancelled by the server.",
};

export function FailureNote({ failure }: { failure: NonNullable<Answer["failure"]> }) {
  return (
    <p class="failure">
      {failure.param && <code>{failure.param}</code>}
      {failure.param ? " " : ""}
      {failure.message}
    </p>
  );
}

function Context({ answer, pair }: { answer: Answer; pair: Pair }) {
  const writer = shortName(pair.sharers[0]?.name ?? "");
  return (
    <details class="context">
      <summary>What {writer} had to write first</summary>
      <Markdown text={answer.context} />
    </details>
  );
}

function Ending({ answer }: { answer: Answer }) {
  if (answer.status === "failed" && answer.failure) return <FailureNote failure={answer.failure} />;
  if (answer.status === "stopped") return <p class="ending">Stopped.</p>;
  if (answer.status !== "done") return null;
  const ending = endings[answer.finish ?? ""] ?? (answer.text ? undefined : "No text: the model ended at once.");
  return ending ? <p class="ending">{ending}</p> : null;
}

function Waiting({ answer, mode, pair }: { answer: Answer; mode: Mode; pair: Pair }) {
  if (answer.text || !isRunning(answer)) return null;
  const what = mode === "t2t" && answer.context ? `${sharerNames(pair)} is writing its note` : "reading";
  return <p class="waiting">{what}<span class="dots" aria-hidden="true" /></p>;
}

interface Props {
  id: string;
  mode: Mode;
  pair: Pair;
  answer: Answer;
  longest: number; // ms, of the turn's columns
  onStop: () => void;
  onAgain: () => void;
}

export function Column({ id, mode, pair, answer, longest, onStop, onAgain }: Props) {
  const running = isRunning(answer);
  return (
    <article class={`column column-${mode}`} aria-labelledby={id} aria-busy={running} data-mode={mode} data-status={answer.status}>
      <header class="column-head">
        <Glyph mode={mode} />
        <h3 id={id}>{modeTitles[mode]}</h3>
        {running
          ? <button type="button" class="small stop" onClick={onStop} aria-label={`Stop ${modeTitles[mode]}`}>Stop</button>
          : <button type="button" class="small quiet" onClick={onAgain} aria-label={`Ask ${modeTitles[mode]} again`}>Again</button>}
      </header>
      <p class="about">{explainMode(mode, pair)}</p>
      {answer.other && <p class="other"><span>The sharer read</span> {answer.other}</p>}
      <div class="answer">
        <Waiting answer={answer} mode={mode} pair={pair} />
        {answer.text && <Markdown text={answer.text} />}
        <Ending answer={answer} />
      </div>
      {answer.context && <Context answer={answer} pair={pair} />}
      <Figures answer={answer} longest={longest} />
    </article>
  );
}
