// The page before the first question: what there is to see, and questions to begin with.
import type { Mode, Pair } from "../api/types";
import { explainMode, modeTitles } from "../state/modes";
import { presetNamed } from "../state/presets";
import type { Settings } from "../state/settings";
import { Glyph } from "./glyph";

const introduced: readonly Mode[] = ["receiver", "t2t", "c2c", "control"];

interface Props {
  pair: Pair;
  settings: Settings;
  onExample: (question: string) => void;
}

export function Welcome({ pair, settings, onExample }: Props) {
  return (
    <section class="welcome" aria-labelledby="welcome-title">
      <h2 id="welcome-title">One question, answered with and without another model’s memory</h2>
      <dl class="legend">
        {introduced.filter((mode) => pair.modes.includes(mode)).map((mode) => (
          <div key={mode}>
            <dt><Glyph mode={mode} />{modeTitles[mode]}</dt>
            <dd>{explainMode(mode, pair)}</dd>
          </div>
        ))}
      </dl>
      <h3>Questions to begin with</h3>
      <ul class="examples">
        {presetNamed(settings.preset).examples.map((example) => (
          <li key={example}>
            <button type="button" class="example" onClick={() => onExample(example)}>{example}</button>
          </li>
        ))}
      </ul>
    </section>
  );
}
