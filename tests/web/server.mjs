// `c2c serve` as a child process, on a free port of the loopback.
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { root } from "./browser.mjs";

const patience = 300; // seconds: the models are read from disk, perhaps beside other work

async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => probe.once("listening", resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

async function isReady(origin) {
  try {
    return (await fetch(`${origin}/health`)).ok;
  } catch {
    return false; // not listening yet
  }
}

export async function startServer(program, args) {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const child = spawn(program, ["serve", ...args, "--port", String(port)], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (said += data));
  const ended = new Promise((resolve) => child.once("exit", resolve));
  for (let second = 0; !(await isReady(origin)); second++) {
    if (child.exitCode !== null || second >= patience) {
      child.kill("SIGKILL");
      throw new Error(`c2c serve did not become ready:\n${said}`);
    }
    await sleep(1000);
  }
  const stop = async () => {
    child.kill("SIGTERM");
    return ended; // its exit status
  };
  return { origin, stop, said: () => said };
}
