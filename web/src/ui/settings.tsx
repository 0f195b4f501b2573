// Everything that may be chosen. What the API last refused stands beside its field.
import { apiKey, setApiKey } from "../api/client";
import type { Pair } from "../api/types";
import type { Failure } from "../state/conversation";
import { presetNamed, presets } from "../state/presets";
import { choosePair, connect, type Server } from "../state/server";
import { change, type Budgets, type Settings } from "../state/settings";
import { Switches } from "./composer";
import { CheckField, ChoiceField, NumberField } from "./fields";

interface Props {
  server: Server;
  pair: Pair | undefined;
  settings: Settings;
  failure: Failure | undefined; // the last one of the conversation
}

const mostTokens = 32_768;

function Asking({ server, pair, settings }: Props) {
  const usePreset = (name: string) => pair && change({ preset: name, ...presetNamed(name).settings(pair) });
  const useModel = (id: string) => {
    const chosen = server.pairs.find((candidate) => candidate.id === id);
    if (chosen) choosePair(chosen);
  };
  return (
    <fieldset>
      <legend>Who and how</legend>
      <ChoiceField id="model" label="Models" value={pair?.id ?? ""} choices={server.pairs.map(({ id }) => [id, id])}
        onValue={useModel} />
      <ChoiceField id="preset" label="Preset" value={settings.preset} hint={presetNamed(settings.preset).about}
        choices={presets.map(({ name, title }) => [name, title])} onValue={usePreset} />
      {pair && <Switches pair={pair} settings={settings} />}
      <ChoiceField id="fusion" label="Fusing several sharers" value={settings.fusion}
        choices={[["", "as the run file says"], ["sequential", "one after another"], ["parallel", "all at once, then averaged"]]}
        onValue={(fusion) => change({ fusion: fusion as Settings["fusion"] })} />
      <CheckField id="thinking" label="Thinking" hint="Only templates that know it (Qwen3) take notice."
        checked={settings.thinking} onValue={(thinking) => change({ thinking })} />
      <CheckField id="in-turn" label="One column after another"
        hint="Columns asked together share the processor; asked one by one, their times can be compared."
        checked={settings.inTurn} onValue={(inTurn) => change({ inTurn })} />
    </fieldset>
  );
}

function Sampling({ settings, failure }: Props) {
  const error = (param: string) => (failure?.param === param ? failure.message : undefined);
  const disabled = !settings.sampling;
  return (
    <fieldset>
      <legend>Sampling</legend>
      <CheckField id="sampling" label="Sample" hint="Otherwise greedy: the likeliest token each time."
        checked={settings.sampling} onValue={(sampling) => change({ sampling })} />
      <div class="field-grid">
        <NumberField id="temperature" label="Temperature" value={settings.temperature} min={0.05} max={2} step={0.05}
          disabled={disabled} error={error("temperature")} onValue={(temperature) => change({ temperature })} />
        <NumberField id="top-p" label="Top-p" value={settings.topP} min={0.05} max={1} step={0.05} disabled={disabled}
          error={error("top_p")} onValue={(topP) => change({ topP })} />
        <NumberField id="top-k" label="Top-k (0: all)" value={settings.topK} min={0} max={1000} disabled={disabled}
          error={error("top_k")} onValue={(topK) => change({ topK })} />
        <NumberField id="seed" label="Seed" value={settings.seed} min={0} max={2 ** 31 - 1} disabled={disabled}
          error={error("seed")} onValue={(seed) => change({ seed })} />
      </div>
    </fieldset>
  );
}

const budgetNames: readonly (readonly [keyof Budgets, string])[] = [
  ["receiver", "Alone"],
  ["t2t", "Text-to-text"],
  ["c2c", "Cache-to-cache, control"],
  ["context", "The sharer’s note"],
];

function Budget({ settings, failure }: Props) {
  return (
    <fieldset>
      <legend>New tokens at most</legend>
      <div class="field-grid">
        {budgetNames.map(([name, label]) => (
          <NumberField key={name} id={`budget-${name}`} label={label} value={settings.budgets[name]} min={1} max={mostTokens}
            onValue={(value) => change({ budgets: { ...settings.budgets, [name]: value } })} />
        ))}
      </div>
      {/(max_|context_)tokens/.test(failure?.param ?? "") && <p class="failure">{failure?.message}</p>}
    </fieldset>
  );
}

function Page({ server, settings }: Props) {
  const onKey = (event: Event & { currentTarget: HTMLInputElement }) => {
    setApiKey(event.currentTarget.value.trim());
    void connect();
  };
  return (
    <fieldset>
      <legend>This page</legend>
      <ChoiceField id="theme" label="Light or dark" value={settings.theme}
        choices={[["auto", "as the system"], ["light", "light"], ["dark", "dark"]]}
        onValue={(theme) => change({ theme: theme as Settings["theme"] })} />
      <div class="field">
        <label for="api-key">API key</label>
        <input id="api-key" type="password" autocomplete="off" defaultValue={apiKey()} onChange={onKey}
          aria-describedby="api-key-hint" aria-invalid={server.error?.status === 401 ? true : undefined} />
        <p class="hint" id="api-key-hint">Only where the server wants one. Kept until this tab is closed.</p>
      </div>
    </fieldset>
  );
}

export function SettingsForm(props: Props) {
  return (
    <form class="settings" onSubmit={(event) => event.preventDefault()}>
      <Asking {...props} />
      <Sampling {...props} />
      <Budget {...props} />
      <Page {...props} />
    </form>
  );
}
