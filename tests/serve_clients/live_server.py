"""`c2c serve` on the real pair, for checks of what clients see. The server dies with whoever started it."""
import ctypes
import json
import os
import re
import signal
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRESET = ROOT / "presets/smollm2-135m+gemma3-270m.yaml"
RECEIVER, PAIR = "smollm2-135m-instruct", "smollm2-135m-instruct+gemma-3-270m"
PATIENCE = 300  # seconds until the models are loaded, perhaps beside other work


def models_folder():
    return Path(os.environ.get("C2C_DEPS_DIR", ROOT / ".deps")) / "models"


def missing_models():
    return [name for name in (f"{RECEIVER}.gguf", "gemma-3-270m.gguf") if not (models_folder() / name).exists()]


def run_file(folder, dtype="f32"):
    """The preset, in float32 unless said otherwise: in bfloat16 a near tie may fall differently in a batch than alone, and
    equality is checked here. Its relative paths become absolute, since it lies elsewhere."""
    text = PRESET.read_text(encoding="utf-8")
    for found, wanted in (("dtype: bf16", f"dtype: {dtype}"), ("../fusers/", f"{ROOT}/fusers/"),
                          ("chat_template: ", f"chat_template: {PRESET.parent}/"),
                          ("${C2C_DEPS_DIR:-../.deps}/models", str(models_folder()))):
        assert found in text, f"{PRESET} has no '{found}' any more"
        text = text.replace(found, wanted)
    path = Path(folder) / PRESET.name
    path.write_text(text, encoding="utf-8")
    return path


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: also where we are killed and can clean up nothing


class LiveServer:
    """with LiveServer(program, ["--metrics"], key="...") as server: server.url is ready to be asked."""

    def __init__(self, program, options=(), key=None, dtype="f32"):
        self.program, self.options, self.key, self.dtype = program, list(options), key, dtype
        self.child = self.folder = None

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="c2c-serve-")
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.child and self.child.poll() is None:
            self.child.kill()
            self.child.wait()
        self.folder.cleanup()

    def _start(self):
        environment = dict(os.environ)
        options = ["--port", "0", *self.options]
        if self.key:
            environment["C2C_CLIENTS_KEY"] = self.key
            options += ["--api-key-env", "C2C_CLIENTS_KEY"]
        self.log = Path(self.folder.name) / "log"
        with open(self.log, "wb") as log:
            self.child = subprocess.Popen([self.program, "serve", run_file(self.folder.name, self.dtype), *options],
                                          stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment,
                                          preexec_fn=die_with_parent)
        until = time.monotonic() + PATIENCE
        while not (ready := re.search(r"ready on (http://\S+)", self.said())):
            if self.child.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"c2c serve did not become ready:\n{self.said()}")
            time.sleep(0.2)
        self.url = ready.group(1)
        self.port = int(self.url.rsplit(":", 1)[1])

    def said(self):
        return self.log.read_text(encoding="utf-8", errors="replace")

    def headers(self):
        return {"Authorization": f"Bearer {self.key}"} if self.key else {}

    def get(self, path):
        return urllib.request.urlopen(urllib.request.Request(self.url + path, headers=self.headers()), timeout=60).read()

    def ask(self, path, body, timeout=300):
        """The reply to a JSON body, parsed."""
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(),
                                         {"Content-Type": "application/json", **self.headers()})
        return json.load(urllib.request.urlopen(request, timeout=timeout))

    def resident_mib(self):
        status = Path(f"/proc/{self.child.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024

    def stop(self, seconds=60):
        """SIGTERM; its exit status, or None where it did not end in time."""
        self.child.send_signal(signal.SIGTERM)
        try:
            return self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
