// People with a browser each, what they look for, and what is looked at for them.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const { BROWSER_TESTS, PICTURES, CHROMIUM = "/usr/bin/chromium" } = process.env;
const require = createRequire(join(BROWSER_TESTS, "package.json"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
export const PASSWORD = "correct horse";
export const complaints = [];

// Where a browser has no sandbox of its own, as in a container. It sees nothing but this page.
export const open = (...options) => chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", ...options] });

export async function person(browser, options) {
  const context = await browser.newContext({ locale: "en-GB", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    // A refusal (4xx) is said on the page, too; and the third who watches asks now and then instead (503).
    if (message.type() === "error" && !/status of (4\d\d|503)/.test(message.text())) complaints.push(message.text());
  });
  return page;
}

export async function accessible(page, name) {
  const twice = await page.evaluate(() => {
    const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
    return ids.filter((id, place) => ids.indexOf(id) !== place);
  });
  assert.deepEqual(twice, [], `${name}: ids that stand there twice`);
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  assert.deepEqual(serious.map(({ id, nodes }) => `${id} ${nodes[0].target}`), [], name);
  return violations.length;
}

export const picture = (page, name) => page.screenshot({ path: join(PICTURES, `${name}.png`) });
export const says = (page, selector, text) => page.locator(selector).filter({ hasText: text }).first().waitFor();
export const go = (page, tab) => page.click(`nav a[href="#${tab}"]`);
