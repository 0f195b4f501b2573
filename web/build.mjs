// Builds the playground: one HTML file with everything in it, the same bytes every time.
//   node build.mjs            writes dist/playground.html
//   node build.mjs --check    compares instead: exit 1 where the committed page is not what the sources give
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const web = dirname(fileURLToPath(import.meta.url));
const target = join(web, "dist", "playground.html");
const limit = 300_000; // bytes: the page travels in the binary, and is read whole before it shows anything

const common = { bundle: true, minify: true, write: false, charset: "utf8", target: "es2022", legalComments: "none" };
async function bundled(entry, options) {
  const result = await build({ ...common, absWorkingDir: web, entryPoints: [entry], ...options });
  return result.outputFiles[0].text.trim();
}

// Their licences ask to travel with every copy.
function licences() {
  const parts = ["preact", "marked", "dompurify", "uplot"].map((name) => {
    const folder = join(web, "node_modules", name);
    const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    return `${name} ${version} (${license})\n\n${readFileSync(join(folder, "LICENSE"), "utf8").trim()}`;
  });
  return `This page contains the following parts.\n\n${parts.join(`\n\n${"=".repeat(72)}\n\n`)}`;
}

const hash = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

// Only this page's own script and style run; it speaks to its own server and nobody else. frame-ancestors and the like
// count in a header only: the server sends them.
function policy(script, style) {
  return [
    "default-src 'none'",
    `script-src ${hash(script)}`,
    `style-src ${hash(style)}`,
    "connect-src 'self'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types dompurify",
  ].join("; ");
}

async function page() {
  const script = await bundled("src/main.tsx", { format: "iife", jsx: "automatic", jsxImportSource: "preact" });
  const style = await bundled("src/styles/main.css", {});
  const parts = {
    POLICY: policy(script, style),
    STYLE: style,
    LICENCES: licences().replaceAll("<", "&lt;"),
    SCRIPT: script,
  };
  const template = readFileSync(join(web, "src", "page.html"), "utf8");
  return template.replace(/\{\{(\w+)\}\}/g, (whole, name) => parts[name] ?? whole);
}

const text = await page();
const size = Buffer.byteLength(text);
if (size > limit) {
  console.error(`web/dist/playground.html: ${size} bytes, at most ${limit}`);
  process.exit(1);
}
if (process.argv.includes("--check")) {
  if (readFileSync(target, "utf8") !== text) {
    console.error("web/dist/playground.html is not what web/src gives; build it anew: cd web && node build.mjs");
    process.exit(1);
  }
} else {
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, text);
  console.log(`web/dist/playground.html: ${size} bytes`);
}
