// Where fusing acted on the prompt of one turn's cache-to-cache answer.
import { useEffect, useMemo, useState } from "preact/hooks";
import { ApiError } from "../api/errors";
import { inspectPrompt } from "../api/client";
import type { Pair } from "../api/types";
import { conversationStore } from "../state/asking";
import { messagesFor, type Turn } from "../state/conversation";
import { shortName } from "../state/modes";
import { requestFor, settingsStore } from "../state/settings";
import { useStore } from "../state/store";
import { FailureNote } from "../ui/column";
import { ChoiceField } from "../ui/fields";
import { ChangeCurve } from "./curve";
import { GateTable, HeatMap } from "./heat_map";
import { readInspection } from "./read";
import { changeOf, Tokens, type Measure } from "./tokens";
import { isFused, mean, type Inspected, type InspectedToken, type KeyValue } from "./types";

type Found = { inspected?: Inspected; failure?: { message: string; param?: string } };

function useInspection(turn: Turn, pair: Pair): Found {
  const [found, setFound] = useState<Found>({});
  useEffect(() => {
    const controller = new AbortController();
    const settings = settingsStore.get();
    const messages = messagesFor(conversationStore.get(), turn, "c2c", settings.system);
    inspectPrompt({ ...requestFor("c2c", pair, settings, ""), messages }, controller.signal)
      .then((answer) => setFound({ inspected: readInspection(answer) }))
      .catch((error: ApiError) => controller.signal.aborted || setFound({ failure: error }));
    return () => controller.abort();
  }, [turn.id, pair.id]);
  return found;
}

// Mean over the tokens that heard somebody, layer by layer.
function meanChange(tokens: InspectedToken[], which: keyof KeyValue<unknown>): number[] {
  const fused = tokens.filter(isFused);
  return (fused[0]?.change[which] ?? []).map((_, layer) => mean(fused.map((token) => token.change[which][layer] ?? 0)));
}

const percent = (share: number) => `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;

function TokenLine({ token, index, pair }: { token: InspectedToken | undefined; index: number | undefined; pair: Pair }) {
  if (!token || index === undefined) {
    return <p class="token-line">Point at a token, or reach it with the arrow keys.</p>;
  }
  const heard = token.sharers.map((sharer) => shortName(pair.sharers[sharer]?.name ?? `sharer ${sharer + 1}`)).join(", ");
  return (
    <p class="token-line">
      <span>token {index}</span><span>section {token.section + 1}</span>
      <span>{heard ? `heard ${heard}` : "heard nobody"}</span>
      <span>keys {percent(mean(token.change.key))}</span><span>values {percent(mean(token.change.value))}</span>
    </p>
  );
}

function Legend({ most }: { most: number }) {
  return (
    <p class="ramp">
      <span>0</span><i aria-hidden="true" /><span>{percent(most)}</span>
      <span class="ramp-name">change of a token's cache, relative to its own norm; tokens in grey heard nobody</span>
    </p>
  );
}

function Gates({ inspected, pair }: { inspected: Inspected; pair: Pair }) {
  return (
    <>
      {pair.sharers.map((sharer, index) => {
        const layers = inspected.layers.filter((fused) => fused.sharer === index);
        if (layers.length === 0) return null;
        return (
          <section key={index} class="gates">
            <h4>Gates and scalars: {shortName(sharer.name)}</h4>
            <div class="heat-maps">
              <HeatMap title="Keys" which="key" layers={layers} />
              <HeatMap title="Values" which="value" layers={layers} />
            </div>
            <GateTable layers={layers} />
          </section>
        );
      })}
    </>
  );
}

function Found({ inspected, pair }: { inspected: Inspected; pair: Pair }) {
  const [measure, setMeasure] = useState<Measure>("both");
  const [layer, setLayer] = useState("");
  const [selected, setSelected] = useState<number>();
  const { theme } = useStore(settingsStore);
  const { tokens } = inspected;
  const token = selected === undefined ? undefined : tokens[selected];
  const change = useMemo(
    () => (token && isFused(token) ? token.change : { key: meanChange(tokens, "key"), value: meanChange(tokens, "value") }),
    [token, tokens],
  );
  const layers = change.key.map((_, index) => [String(index), `layer ${index}`] as const);
  const at = layer === "" ? undefined : Number(layer);
  const most = Math.max(0, ...tokens.map((candidate) => changeOf(candidate, measure, at)));
  return (
    <>
      <div class="inspect-switches">
        <ChoiceField id="measure" label="Colour by" value={measure} onValue={(value) => setMeasure(value as Measure)}
          choices={[["both", "keys and values"], ["key", "keys"], ["value", "values"]]} />
        <ChoiceField id="layer" label="In" value={layer} onValue={setLayer} choices={[["", "all layers (mean)"], ...layers]} />
      </div>
      <Tokens tokens={tokens} measure={measure} layer={at} selected={selected} onSelect={setSelected} />
      <TokenLine token={token} index={selected} pair={pair} />
      <Legend most={most} />
      <h4>Change by layer, {token && isFused(token) ? `token ${selected}` : "mean of the fused tokens"}</h4>
      <p class="curve-names"><span class="curve-key">keys</span><span class="curve-value">values</span></p>
      <ChangeCurve change={change} theme={theme} />
      <Gates inspected={inspected} pair={pair} />
    </>
  );
}

export function Inspection({ turn, pair }: { turn: Turn; pair: Pair }) {
  const { inspected, failure } = useInspection(turn, pair);
  return (
    <section class="inspection" aria-label="Where fusing acted" aria-busy={!inspected && !failure}>
      <h3>Where fusing acted</h3>
      {failure && <FailureNote failure={failure} />}
      {!inspected && !failure && <p class="waiting">reading the prompt with and without the sharer<span class="dots" aria-hidden="true" /></p>}
      {inspected && <Found inspected={inspected} pair={pair} />}
    </section>
  );
}
