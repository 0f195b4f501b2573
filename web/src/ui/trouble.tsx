// What stands on the page while the server cannot be asked.
import { useState } from "preact/hooks";
import { setApiKey } from "../api/client";
import { connect, type Server } from "../state/server";

// Also above an answer that was refused for want of a key.
export function KeyForm() {
  const [key, setKey] = useState("");
  const submit = (event: Event) => {
    event.preventDefault();
    setApiKey(key.trim());
    void connect();
  };
  return (
    <form class="key-form" onSubmit={submit}>
      <label for="first-key">This server wants an API key</label>
      <input id="first-key" type="password" autocomplete="off" value={key} required
        onInput={(event) => setKey(event.currentTarget.value)} />
      <button type="submit" class="primary">Use it</button>
    </form>
  );
}

export function Trouble({ server }: { server: Server }) {
  if (server.state === "asking") return <p class="trouble">Asking the server which models it has…</p>;
  if (server.state === "ready") {
    return server.pairs.length > 0 ? null
      : <p class="trouble">This server answers for no pair of models: start it with a run file that names a sharer.</p>;
  }
  return (
    <div class="trouble" role="alert">
      <p>{server.error?.message}</p>
      {server.error?.status === 401 && <KeyForm />}
      {server.error?.status === 503
        ? <p class="hint">The models are loading; the page goes on by itself.</p>
        : <button type="button" onClick={() => void connect()}>Try again</button>}
    </div>
  );
}
