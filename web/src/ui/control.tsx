// The control, always within reach where cache-to-cache has answered: is it the sharer's reading that helps?
import { useState } from "preact/hooks";
import type { Pair } from "../api/types";
import { sharerNames } from "../state/modes";

interface Props {
  turnId: string;
  pair: Pair;
  suggestion: string;
  ran: boolean;
  onRun: (other: string) => void;
}

export function ControlStrip({ turnId, pair, suggestion, ran, onRun }: Props) {
  const [other, setOther] = useState(suggestion);
  const id = `other-${turnId}`;
  const submit = (event: Event) => {
    event.preventDefault();
    if (other.trim()) onRun(other.trim());
  };
  return (
    <form class="control" onSubmit={submit}>
      <p id={`${id}-why`}>
        <strong>Does the sharer’s reading matter?</strong> The control repeats cache-to-cache with the cache of{" "}
        {sharerNames(pair)} reading <em>another</em> question. Where the control answers as well, the gain comes from the
        fuser’s training, not from what the sharer read here.
      </p>
      <div class="control-row">
        <label for={id}>The other question</label>
        <input id={id} type="text" value={other} required aria-describedby={`${id}-why`}
          onInput={(event) => setOther(event.currentTarget.value)} />
        <button type="submit">{ran ? "Run the control again" : "Run the control"}</button>
      </div>
    </form>
  );
}
