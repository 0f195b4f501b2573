// Places of the playground's page, and waiting for them.
import { join } from "node:path";

// The column of the newest turn.
export const column = (page, mode) => page.locator(`.turn:last-child .column-${mode}`);

export async function ended(page, mode, status) {
  await page.waitForSelector(`.turn:last-child .column-${mode}:is([data-status=done],[data-status=stopped],[data-status=failed])`);
  const found = await column(page, mode).getAttribute("data-status");
  if (found !== status) throw new Error(`${mode} is ${found}, not ${status}: ${await column(page, mode).textContent()}`);
}

export async function startedText(page, mode) {
  await page.waitForSelector(`.turn:last-child .column-${mode}[data-status=streaming] .answer .markdown`);
}

export async function settled(page, mode) {
  return column(page, mode).locator(".answer .markdown").textContent();
}

export const requestsTo = (requests, path) => requests.filter((url) => new URL(url).pathname === path).length;

// As it stands on the screen, or one part of it.
export async function screenshot(page, folder, name, part) {
  const path = join(folder, `${name}.png`);
  if (part) await page.locator(part).first().screenshot({ path });
  else await page.screenshot({ path });
}
