// Debian's Chromium, and a record of every request that a page makes.
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const fromWeb = createRequire(join(root, "web", "package.json"));

const flags = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

// The clean-up of a browser: `close()`. One profile for its life, so that what a page stores outlives the page.
export async function openBrowser({ width, height = 900, colorScheme = "light" }) {
  const { chromium } = fromWeb("playwright-core");
  const profile = mkdtempSync(join(tmpdir(), "c2c-playground-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.C2C_CHROMIUM ?? "/usr/bin/chromium",
    args: flags, viewport: { width, height }, colorScheme, reducedMotion: "reduce",
  });
  const requests = [];
  const complaints = []; // of the page's console: a breach of the content security policy is one
  context.on("request", (request) => requests.push(request.url()));
  context.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  context.on("weberror", (error) => complaints.push(String(error.error())));
  const close = async () => {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  };
  return { context, page: context.pages()[0] ?? (await context.newPage()), requests, complaints, close };
}

// Serious and critical findings of axe-core, one line each.
export async function accessibilityFaults(page) {
  const { source } = fromWeb("axe-core");
  await page.evaluate(source); // not a script element: the page's policy would refuse it
  const result = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return result.violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(" ")}: ${node.failureSummary}`));
}
