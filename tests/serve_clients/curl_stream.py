"""`curl -N`: a stream as it comes over the wire."""
import json
import shutil
import subprocess


def run(server, verdicts):
    if not shutil.which("curl"):
        return verdicts.skip("curl -N", "there is no curl")
    body = {"messages": [{"role": "user", "content": "What is a sextant?"}], "max_tokens": 8, "stream": True}
    told = subprocess.run(
        ["curl", "-sS", "-N", "-i", f"{server.url}/v1/chat/completions", "-H", "Content-Type: application/json",
         "-H", f"Authorization: Bearer {server.key}", "-d", json.dumps(body)],
        capture_output=True, timeout=300, text=True)
    verdicts.equal("curl ends well", (told.returncode, told.stderr), (0, ""))
    head, _, stream = told.stdout.partition("\n\n")
    verdicts.check("it is an event stream", "content-type: text/event-stream" in head.lower(), head)
    events = [event for event in stream.split("\n\n") if event]
    verdicts.check("every event is one data line", all(e.startswith("data: ") and "\n" not in e for e in events), events)
    verdicts.equal("[DONE] is the last", events[-1], "data: [DONE]")
    choices = [json.loads(event[len("data: "):])["choices"][0] for event in events[:-1]]
    verdicts.equal("the role comes first", choices[0]["delta"].get("role"), "assistant")
    verdicts.check("only the first has a role", not any("role" in c["delta"] for c in choices[1:]), choices)
    verdicts.equal("finish_reason", [c["finish_reason"] for c in choices], [None] * (len(choices) - 1) + ["length"])
