"""What the rivals' timers share: they answer lines of JSON with lines of JSON.

The first line that a timer writes says what it is; then every line it reads, {"prompt": tokens, "new": tokens,
"threads": count}, is answered by one round's seconds: "prefill" (of the whole prompt), "decode" (of one token),
"fused_first_token", "fused_decode", whichever it has. One that knows {"texts": [{"ids": [...], "at": [...]}], "threads":
count} answers {"nats": [...]}: for each text the cross-entropy, summed, of the tokens that stand at those places.
{"error": "..."} says why not. c2c bench is the one who asks; by hand:
echo '{"prompt": 512, "new": 64, "threads": 2}' | python llamacpp.py MODEL.gguf bf16
"""
import json
import os
import sys


def serve(start):
    """start() -> (description, answer, score); answer(prompt, new, threads) -> seconds by name; score: see above, or None."""
    # Whatever libraries print must not come between the lines.
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def say(message):
        out.write(json.dumps(message) + "\n")
        out.flush()

    try:
        description, answer, score = start()
        say(description)
        for line in sys.stdin:
            question = json.loads(line)
            if "texts" in question:
                say({"nats": score(question["texts"], question["threads"])})
            else:
                say(answer(question["prompt"], question["new"], question["threads"]))
    except Exception as error:  # the one who asks cannot see a traceback
        say({"error": f"{type(error).__name__}: {error}"})
        raise


def token_ids(count):
    return [(i * 7919) % 19000 + 100 for i in range(count)]


def cached(folder, source, suffix, make):
    """The file or folder that make(source, target) makes of `source`, made once."""
    stat = os.stat(source)
    stem = os.path.splitext(os.path.basename(source))[0]
    target = os.path.join(folder, f"{stem}-{stat.st_size}-{int(stat.st_mtime)}-{suffix}")
    if not os.path.exists(target):
        os.makedirs(folder, exist_ok=True)
        aside = f"{target}.{os.getpid()}"
        make(source, aside)
        os.rename(aside, target)
    return target
