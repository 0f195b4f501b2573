"""schemathesis asks what /openapi.json allows and what it forbids: no server error, and every reply as it is described.

It has a server of its own, whose answers are at most four tokens, since examples ask for thousands. Left out, and why:
negative_data_rejection (fields that are not ours are ignored, as OpenAI ignores them), positive_data_acceptance (a model
that is not here, a token id beyond the vocabulary or a prompt beyond the context are what a schema cannot say), the
stateful phase (no route makes what another needs), /c2c/inspect's cost (bounded by --request-timeout)."""
import importlib.util
import os
import subprocess
import sys

from live_server import LiveServer

CHECKS = ["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
          "response_schema_conformance", "ignored_auth", "unsupported_method"]
EXAMPLES = os.environ.get("C2C_CLIENTS_EXAMPLES", "25")  # of each route and phase


def command(server):
    return [sys.executable, "-m", "schemathesis.cli", "run", f"{server.url}/openapi.json", "--header",
            f"Authorization: Bearer {server.key}", "--phases", "examples,coverage,fuzzing", "--checks", ",".join(CHECKS),
            "--max-examples", EXAMPLES, "--generation-deterministic",
            "--request-timeout", "120", "--continue-on-failure", "--no-color"]


def run(shared, verdicts):
    if not importlib.util.find_spec("schemathesis"):
        return verdicts.skip("schemathesis", "it is not installed")
    options = ["--metrics", "--max-tokens-limit", "4", "--timeout", "60"]
    with LiveServer(shared.program, options, key=shared.key) as server:
        told = subprocess.run(command(server), capture_output=True, text=True, timeout=3600, cwd=server.folder.name)
        summary = told.stdout[told.stdout.rfind("SUMMARY"):]
        print("".join(f"    {line}\n" for line in summary.splitlines() if line.strip(" =")), end="", flush=True)
        verdicts.check("schemathesis found nothing", told.returncode == 0, told.stdout + told.stderr)
        verdicts.check("its server lives", server.child.poll() is None, server.said())
        verdicts.check("its log tells of no error", "error" not in server.said().lower(), server.said())
