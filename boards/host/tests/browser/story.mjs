// What people do on the page: from the first start to a backup, with the mouse, the keyboard alone, and a phone.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const { BROWSER_TESTS, PAGE, SECOND_BROKER, PICTURES, CHROMIUM = "/usr/bin/chromium" } = process.env;
const require = createRequire(join(BROWSER_TESTS, "package.json"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const PASSWORD = "correct horse";
const TABS = ["dashboard", "mqtt", "dimmer", "probes", "limits", "security", "backup", "log"];

// Where a browser has no sandbox of its own, as in a container. It sees nothing but this page.
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
const complaints = [];

async function person(options) {
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

async function accessible(page, name) {
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

const picture = (page, name) => page.screenshot({ path: join(PICTURES, `${name}.png`) });
const says = (page, selector, text) => page.locator(selector).filter({ hasText: text }).first().waitFor();
const go = (page, tab) => page.click(`nav a[href="#${tab}"]`);
let findings = 0;

// The first start.
const anna = await person({ viewport: { width: 1100, height: 900 } });
await anna.goto(PAGE);
await anna.waitForSelector("#enter-form:visible");
assert.equal(await anna.isVisible("#dashboard"), false, "nothing goes before the password");
findings += await accessible(anna, "first start");
const paint = await anna.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0].startTime);
console.log(`first paint after ${Math.round(paint)} ms`);
await anna.fill("#password", PASSWORD);
await anna.fill("#again", `${PASSWORD}?`);
await anna.click("#enter-button");
await says(anna, "#enter-problem", "not the same");
await anna.fill("#again", PASSWORD);
await anna.click("#enter-button");
await anna.waitForSelector("#steer:visible");

// A boost.
await anna.fill("#minutes", "5");
await anna.fill("#boost-power", "40");
await anna.click("#boost");
await says(anna, "#applied", "40 %");
await says(anna, "#reason", "follows the boost");
await picture(anna, "dashboard");

// Everything is accessible.
for (const tab of TABS) {
  await go(anna, tab);
  await anna.waitForSelector(`#${tab}:visible`);
  findings += await accessible(anna, tab);
}

// Another broker, live.
await go(anna, "mqtt");
await says(anna, "#broker-state", "Online");
await anna.fill("#set-brokers-0-port", SECOND_BROKER);
await says(anna, "#mqtt .save", "Not saved yet");
const clicked = Date.now();
await anna.click("#mqtt .save button.main");
await says(anna, "#mqtt .save", `Saved; Online – 127.0.0.1:${SECOND_BROKER}`);
console.log(`from the click to online at the new broker: ${Date.now() - clicked} ms`);
await picture(anna, "mqtt");

// Thresholds: a wrong value is told as it is typed, and not taken.
await go(anna, "limits");
await anna.fill("#set-safety-water_limit_millicelsius", "120");
await anna.waitForSelector("#set-safety-water_limit_millicelsius[aria-invalid=true]");
await anna.click("#limits .save button.main");
await says(anna, "#limits .save", "Not saved");
await picture(anna, "wrong");
await anna.fill("#set-safety-water_limit_millicelsius", "62.5");
await anna.click("#limits .save button.main");
await says(anna, "#limits .save", "Saved and in use");

// In French.
await anna.selectOption("#language", "fr");
await go(anna, "dashboard");
await says(anna, "#reason", "suit la marche forcée");
await says(anna, "nav", "Limites");
await picture(anna, "french");
await anna.selectOption("#language", "en");

// A backup, another name, and back.
await go(anna, "backup");
const [file] = await Promise.all([anna.waitForEvent("download"), anna.click("#export")]);
const saved = await file.path();
assert.equal(JSON.parse(readFileSync(saved, "utf8")).safety.water_limit_millicelsius, 62_500);
await go(anna, "dimmer");
await anna.fill("#set-name", "Cellar tank");
await anna.click("#dimmer .save button.main");
await says(anna, "h1", "Cellar tank");

// Somebody else at the same time, with the keyboard alone.
await go(anna, "dashboard");
const ben = await person({ colorScheme: "dark" });
await ben.goto(PAGE);
await says(ben, "h1", "Cellar tank");
const tabTo = async (selector) => {
  for (let step = 0; step < 60; step += 1) {
    if (await ben.evaluate((wanted) => document.activeElement.matches(wanted), selector)) return;
    await ben.keyboard.press("Tab");
  }
  assert.fail(`no way by keyboard to ${selector}`);
};
await tabTo("#password");
await ben.keyboard.type("wrong wrong");
await ben.keyboard.press("Enter");
await says(ben, "#enter-problem", "is wrong");
await ben.keyboard.press("Control+A");
await ben.keyboard.type(PASSWORD);
await ben.keyboard.press("Enter");
await ben.waitForSelector("#steer:visible");
await tabTo("#switch");
await ben.keyboard.press("Space");
await says(ben, "#reason", "was switched off");
await says(anna, "#applied", "0 %");
await tabTo("#switch");
await ben.keyboard.press("Space");
findings += await accessible(ben, "dark");

await go(anna, "backup");
await anna.setInputFiles("#import", saved);
await says(anna, "#import-said", "Saved and in use");
await says(ben, "h1", "Solar dimmer");

// A phone.
const phone = await person({ viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true, colorScheme: "dark" });
await phone.goto(PAGE);
await phone.fill("#password", PASSWORD);
await phone.tap("#enter-button");
await phone.waitForSelector("#steer:visible");
for (const tab of TABS) {
  await phone.goto(`${PAGE}#${tab}`);
  await phone.waitForSelector(`#${tab}:visible`);
  assert.equal(await phone.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, `${tab} is wider than a phone`);
}
await phone.goto(`${PAGE}#dashboard`);
await picture(phone, "phone");

// Who signs out is out.
await anna.click("#sign-out");
await anna.waitForSelector("#enter-form:visible");
await go(anna, "log");
assert.equal(await anna.isVisible("#log"), false);

await browser.close();
assert.deepEqual(complaints, []);
console.log(`accessibility: ${TABS.length + 2} views, ${findings} findings, none of them serious`);
