"""OpenAI's client of npm (openai_node.mjs); its lines are verdicts, one a line: NAME, whether it holds, what was found."""
import json
import os
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent


def run(server, verdicts):
    if not shutil.which("node"):
        return verdicts.skip("openai (npm)", "there is no node")
    if not (HERE / "node_modules/openai").exists():
        return verdicts.skip("openai (npm)", "npm ci --ignore-scripts was not run in tests/serve_clients")
    told = subprocess.run(["node", HERE / "openai_node.mjs", server.url + "/v1", server.model], capture_output=True,
                          text=True, timeout=600, env={**os.environ, "OPENAI_API_KEY": server.key})
    for line in told.stdout.splitlines():
        name, holds, found = json.loads(line)
        verdicts.check(name, holds, found)
    verdicts.equal("the node program ended well", (told.returncode, told.stderr), (0, ""))
