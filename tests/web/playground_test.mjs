// The playground as a person uses it: real Chromium, the real `c2c serve`, a real pair.
//   node playground_test.mjs C2C RUNFILE [SCREENSHOTS]     SCREENSHOTS: a folder that gets the pictures of the documents
import assert from "node:assert/strict";
import { accessibilityFaults, openBrowser } from "./browser.mjs";
import { column, ended, requestsTo, screenshot, settled, startedText } from "./page.mjs";
import { startServer } from "./server.mjs";

const [program, runFile, pictures] = process.argv.slice(2);
const question = 'What does the word "lantern" mean?';
const patience = 120_000; // ms; the machine may have other work

const server = await startServer(program, [runFile]);
const faults = [];

async function step(name, work) {
  const started = Date.now();
  try {
    await work();
    console.log(`ok ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  } catch (error) {
    faults.push(name);
    console.log(`FAILED ${name}: ${error.stack}`);
  }
}

async function withBrowser(options, work) {
  const browser = await openBrowser(options);
  browser.page.setDefaultTimeout(patience);
  try {
    await browser.page.goto(server.origin);
    await browser.page.waitForSelector(".example");
    await work(browser);
    const outside = browser.requests.filter((url) => !url.startsWith(server.origin + "/") && !url.startsWith("data:"));
    assert.deepEqual(outside, [], "requests that left the server");
  } finally {
    await browser.close();
  }
}

async function accessible(page) {
  assert.deepEqual(await accessibilityFaults(page), []);
}

// --- at a desk -------------------------------------------------------------------------------------------------------

async function asksAndStreams({ page, requests }) {
  await accessible(page);
  if (pictures) await screenshot(page, pictures, "playground-welcome");
  await page.keyboard.press("/");
  await page.keyboard.type(question.slice(0, 10));
  await page.keyboard.press("Shift+Enter");
  assert.equal(await page.inputValue("#question"), question.slice(0, 10) + "\n", "Shift+Enter is a new line");
  await page.fill("#question", question);
  const lengths = await page.evaluateHandle(() => {
    const seen = {};
    const watch = () =>
      document.querySelectorAll(".column").forEach((element) => {
        const text = element.querySelector(".answer .markdown")?.textContent ?? "";
        (seen[element.dataset.mode] ??= new Set()).add(text.length);
      });
    new MutationObserver(watch).observe(document.body, { childList: true, subtree: true, characterData: true });
    return seen;
  });
  await page.keyboard.press("Enter");
  for (const mode of ["receiver", "t2t", "c2c"]) await ended(page, mode, "done");
  const counts = await lengths.evaluate((seen) => Object.fromEntries(Object.entries(seen).map(([k, v]) => [k, v.size])));
  for (const mode of ["receiver", "t2t", "c2c"]) {
    assert.ok(counts[mode] >= 3, `${mode} came in pieces: ${counts[mode]} lengths seen`);
    const figures = await column(page, mode).locator(".figures-main dd").allTextContents();
    for (const figure of figures) assert.match(figure, /\d/, `${mode} has its figures`);
  }
  assert.match(await column(page, "t2t").locator(".context").textContent(), /had to write first\S/, "the note is there");
  assert.equal(requestsTo(requests, "/v1/chat/completions"), 3);
}

async function runsTheControl({ page }) {
  const sent = page.waitForRequest((request) => request.url().endsWith("/v1/chat/completions"));
  await page.fill(".control input", 'What does the word "cobbler" mean?');
  await page.click(".control button");
  const { c2c } = (await sent).postDataJSON();
  assert.deepEqual([c2c.mode, c2c.control], ["control", 'What does the word "cobbler" mean?']);
  await ended(page, "control", "done");
  assert.match(await column(page, "control").locator(".other").textContent(), /cobbler/);
  if (pictures) await screenshot(page, pictures, "playground");
}

async function showsWhereFusingActed({ page }) {
  await page.click(".inspect-button");
  await page.waitForSelector(".curve canvas");
  const words = (await page.locator(".token").allTextContents()).join("");
  assert.match(words, /lantern/, "the tokens are the prompt's");
  const heard = await page.locator(".token:not(.token-own)").count();
  assert.ok(heard > 0 && heard < (await page.locator(".token").count()), "some tokens were fused, some were not");
  assert.ok((await page.locator("rect.heat").count()) > 0, "gates are drawn");
  await page.locator(".token").first().focus();
  await page.keyboard.press("ArrowRight");
  assert.match(await page.locator(".token-line").textContent(), /^token 1/, "arrows go from token to token");
  await page.locator(".token:not(.token-own)").nth(heard >> 1).click();
  assert.match(await page.locator(".token-line").textContent(), /heard \S.*keys \d.*values \d/);
  await page.mouse.move(2, 2);
  await accessible(page);
  if (pictures) await screenshot(page, pictures, "playground-inspection", ".inspection");
}

// Leaves the settings open.
async function setBudget(page, name, tokens) {
  await page.click("nav >> text=Settings");
  await page.fill(`#budget-${name}`, String(tokens));
  await page.keyboard.press("Tab");
}

async function stopsOneColumn({ page }) {
  await setBudget(page, "receiver", 400);
  await accessible(page);
  if (pictures) await screenshot(page, pictures, "playground-settings");
  await page.keyboard.press("Escape");
  await page.fill("#question", "Tell me a long story about a harbour and the people who live there.");
  await page.keyboard.press("Enter");
  await startedText(page, "receiver");
  await column(page, "receiver").locator(".stop").click();
  await ended(page, "receiver", "stopped");
  const text = await column(page, "receiver").locator(".answer").textContent();
  for (const mode of ["t2t", "c2c"]) await ended(page, mode, "done");
  assert.equal(await column(page, "receiver").locator(".answer").textContent(), text, "a stopped column stays as it was");
}

async function escStopsAll({ page }) {
  await page.fill("#question", "Tell me another long story, about the sea.");
  await page.keyboard.press("Enter");
  await startedText(page, "receiver");
  await page.keyboard.press("Escape");
  await ended(page, "receiver", "stopped");
  await page.waitForSelector("button.primary:has-text('Ask')");
  assert.equal(await page.locator('.column[aria-busy="true"]').count(), 0);
}

async function askAnew(page, modes) {
  await page.click("nav >> text=New");
  await page.fill("#question", question);
  await page.keyboard.press("Enter");
  for (const mode of modes) await ended(page, mode, "done");
  return Promise.all(modes.map((mode) => settled(page, mode)));
}

// Without a sharer cache-to-cache is the receiver alone, to the letter.
async function switchesTheMask({ page }) {
  for (const name of ["receiver", "c2c"]) {
    await setBudget(page, name, 64);
    await page.keyboard.press("Escape");
  }
  const [, , heard] = await askAnew(page, ["receiver", "t2t", "c2c"]);
  await page.uncheck("#switches .chips:nth-of-type(2) input");
  await page.uncheck("#switches label:has-text('Text-to-text') input");
  const sent = page.waitForRequest((request) => request.postData()?.includes('"mode":"c2c"') ?? false);
  await askAnew(page, ["receiver", "c2c"]);
  assert.equal((await sent).postDataJSON().c2c.mask, "none");
  // Twice: the second time both find their prompt in the cache. Reading it whole beside finding it rounds otherwise, and
  // in bfloat16 that decides a near tie between two words.
  const [alone, fused] = await askAnew(page, ["receiver", "c2c"]);
  assert.equal(fused, alone);
  assert.notEqual(heard, alone, "with its sharer it answers otherwise");
  await page.check("#switches .chips:nth-of-type(2) input");
  await page.check("#switches label:has-text('Text-to-text') input");
}

async function goesOnInEveryColumn({ page }) {
  const bodies = [];
  page.on("request", (request) => request.method() === "POST" && bodies.push(request.postDataJSON()));
  const before = Object.fromEntries(
    await Promise.all(["receiver", "c2c"].map(async (mode) => [mode, await column(page, mode).locator(".answer").textContent()])),
  );
  await page.fill("#question", "And as a verb?");
  await page.keyboard.press("Enter");
  for (const mode of ["receiver", "t2t", "c2c"]) await ended(page, mode, "done");
  for (const { c2c, messages } of bodies) {
    const roles = messages.map((message) => message.role).join(" ");
    assert.equal(roles, c2c.mode === "t2t" ? "user" : "user assistant user", `${c2c.mode} has its own history`);
    if (c2c.mode !== "t2t") assert.ok(before[c2c.mode].includes(messages[1].content.trim().slice(0, 20)));
  }
  assert.equal(bodies.length, 3);
}

async function namesTheFieldOfAnError({ page }) {
  await setBudget(page, "c2c", 32768);
  await page.keyboard.press("Escape");
  await page.fill("#question", question);
  await page.keyboard.press("Enter");
  await ended(page, "c2c", "failed");
  assert.match(await column(page, "c2c").locator(".failure code").textContent(), /max_tokens/);
  await ended(page, "t2t", "done");
  await setBudget(page, "c2c", 64);
  assert.match(await page.locator(".settings .failure").first().textContent(), /token/);
  await page.keyboard.press("Escape");
}

async function keepsTheHistory({ page }) {
  await page.reload();
  await page.waitForSelector(".turn");
  assert.equal(await page.locator(".question").first().textContent(), question, "a reload shows the conversation again");
  await page.keyboard.press("h");
  const entries = page.locator(".history-open");
  assert.equal(await entries.count(), 4);
  await accessible(page);
  await entries.nth(3).click();
  assert.equal(await page.locator(".turn").count(), 3, "the first conversation is whole");
  await page.keyboard.press("h");
  for (let left = 4; left > 0; left--) await page.locator(".history button:has-text('Delete')").first().click();
  await page.keyboard.press("Escape");
  await page.reload();
  await page.waitForSelector(".example");
  assert.equal(await page.evaluate(() => Object.keys(localStorage).filter((key) => key.includes("conversation")).length), 0);
}

// What a model may write, as a kept conversation brings it: never markup of this page.
const hostile =
  '<img src="https://example.org/a.png" onerror="document.title=1"><script>document.title=2</script>' +
  '<a href="javascript:alert(1)">one</a> [two](javascript:alert(1)) ![x](https://example.org/b.png) [ok](https://example.org/) ' +
  '<style>body{display:none}</style><form action="/"><input></form><div class="composer" style="position:fixed">three</div> **bold**';

async function doesNotTrustText({ page, requests }) {
  await page.evaluate((text) => {
    const answer = { status: "done", text, context: text, finish: "stop" };
    const turns = [{ id: "t", question: "<b>q</b>", answers: { receiver: answer, t2t: answer } }];
    localStorage.setItem("c2c.history", JSON.stringify([{ id: "x", title: "<i>t</i>", model: "m", updated: 1 }]));
    localStorage.setItem("c2c.conversation.x", JSON.stringify({ id: "x", model: "m", created: 1, updated: 1, turns }));
  }, hostile);
  await page.reload();
  await page.waitForSelector(".example");
  await page.keyboard.press("h");
  await page.locator(".history-open").click();
  await page.waitForSelector(".markdown strong");
  assert.equal(await page.locator(".question").textContent(), "<b>q</b>");
  assert.equal(await page.locator("main img, main script, main style, .answer form, .answer input, .markdown [style], .markdown [class]").count(), 0);
  const links = await page.locator(".answer a").evaluateAll((all) => all.map((a) => [a.textContent, a.getAttribute("href"), a.rel]));
  assert.deepEqual(links.filter(([, href]) => href !== null).map(([text]) => text), ["ok", "ok"]);
  assert.ok(links.every(([, href, rel]) => href === null || rel.includes("noopener")));
  assert.equal(await page.title(), "c2c playground");
  assert.ok(!requests.some((url) => url.includes("example.org")));
}

const atDesk = [
  ["asks, and three answers stream in", asksAndStreams],
  ["runs the control", runsTheControl],
  ["shows where fusing acted", showsWhereFusingActed],
  ["stops one column", stopsOneColumn],
  ["Esc stops all columns", escStopsAll],
  ["switches the mask", switchesTheMask],
  ["goes on in every column with its own history", goesOnInEveryColumn],
  ["an error names its field", namesTheFieldOfAnError],
  ["a reload finds the history", keepsTheHistory],
  ["a model's text is never markup", doesNotTrustText],
];

// --- on a phone, in the dark -------------------------------------------------------------------------------------------

async function fitsAPhone({ page, complaints }) {
  const fits = async (where) =>
    assert.ok(await page.evaluate(() => document.scrollingElement.scrollWidth <= innerWidth), `${where} is too wide`);
  await accessible(page);
  await fits("the welcome");
  await page.click(".example");
  for (const mode of ["receiver", "t2t", "c2c"]) await ended(page, mode, "done");
  await accessible(page);
  await fits("the answers");
  if (pictures) await screenshot(page, pictures, "playground-phone");
  await page.click(".inspect-button");
  await page.waitForSelector(".curve canvas");
  await accessible(page);
  await fits("the inspection");
  await page.click("nav >> text=Settings");
  await accessible(page);
  await page.keyboard.press("Escape");
  assert.deepEqual(complaints, []);
}

async function followsTheTheme({ page }) {
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const dark = await ground();
  await page.click("nav >> text=Settings");
  await page.selectOption("#theme", "light");
  await page.keyboard.press("Escape");
  assert.notEqual(await ground(), dark);
  await accessible(page);
}

await step("at a desk", () =>
  withBrowser({ width: 1280, colorScheme: "light" }, async (browser) => {
    for (const [name, work] of atDesk) await step(name, () => work(browser));
    // The refused request of the error's step is in the console, too; nothing else may be.
    assert.deepEqual(browser.complaints.filter((text) => !text.includes("status of 400")), []);
  }),
);
await step("on a phone, in the dark", () =>
  withBrowser({ width: 390, height: 844, colorScheme: "dark" }, async (browser) => {
    await step("fits a phone", () => fitsAPhone(browser));
    await step("follows the theme", () => followsTheTheme(browser));
  }),
);
await step("the server ends well", async () => assert.equal(await server.stop(), 0, server.said()));
if (faults.length > 0) {
  console.log(`failed: ${faults.join("; ")}`);
  process.exit(1);
}
