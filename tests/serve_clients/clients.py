#!/usr/bin/env python3
"""Real clients against the real server: clients.py C2C [CHECK...]

Starts `C2C serve` on the demo's pair (float32, with a key and --metrics) and lets clients that are not ours ask it. Each
check says aloud what it skips. Exit status 1 where one failed. The packages of
requirements.txt and package-lock.json are what ./run prove clients installs."""
import importlib
import sys

from live_server import PAIR, LiveServer, missing_models
from verdicts import Verdicts

CHECKS = ["openai_python", "openai_node", "curl_stream", "prometheus_text", "lm_eval_scores", "openapi_examples"]


def main(program, *names):
    absent = missing_models()
    if absent:
        print(f"skipped: {', '.join(absent)} missing: ./run fetch")
        return 0
    verdicts = Verdicts()
    with LiveServer(program, ["--metrics"], key="sk-clients") as server:
        server.model = PAIR
        for name in names or CHECKS:
            print(f"{name}:", flush=True)
            importlib.import_module(name).run(server, verdicts)
            verdicts.check(f"the server lives after {name}", server.child.poll() is None, server.said())
        verdicts.equal("SIGTERM ends it with 0", server.stop(), 0)
    return verdicts.close()


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
