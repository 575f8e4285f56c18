// What people do on the page: from the first start to a backup, with the mouse, the keyboard alone, and a phone.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { PASSWORD, accessible, complaints, go, open, person, picture, says } from "./people.mjs";

const { PAGE, SECOND_BROKER, NOBODY } = process.env;
const TABS = ["dashboard", "mqtt", "dimmer", "probes", "limits", "network", "security", "backup", "log"];
const browser = await open();
let findings = 0;

// The first start.
const anna = await person(browser, { viewport: { width: 1100, height: 900 } });
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

// Probes: found, chosen by address and named.
await go(anna, "probes");
await says(anna, "#probe-list", "none was chosen");
await anna.click("#search");
await says(anna, "#search-said", "3 found.");
const card = anna.locator("#found .card");
const water = card.filter({ hasText: "28-0000000000a1" });
const heatSink = card.filter({ hasText: "28-0000000000c3: 35 °C" });
await water.getByLabel("Measures").selectOption("water");
await water.getByLabel("Name").fill("Top of the tank");
await heatSink.getByLabel("Measures").selectOption("water");
await anna.click("#found-buttons button");
await says(anna, "#found-said", "is chosen for two probes");
await heatSink.getByLabel("Measures").selectOption("heat_sink");
await anna.click("#found-buttons button");
await says(anna, "#found-said", "Saved and in use");
await says(anna, "#probe-list", "Heat sink: 35 °C");
assert.equal(await anna.inputValue("#set-probes-water_address"), "28-0000000000a1");
assert.equal(await anna.isChecked("#set-probes-heat_sink"), true);
await picture(anna, "probes");
findings += await accessible(anna, "probes that were found");

// A boost.
await go(anna, "dashboard");
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

// The network.
await go(anna, "network");
await anna.fill("#set-network-hostname", "cellar tank");
await says(anna, "#set-network-hostname-problem", "is not a name in a network");
await anna.fill("#set-network-hostname", "cellar-tank");
await anna.selectOption("#set-network-address-source", "static");
await anna.fill("#set-network-address-ip", "192.168.1.50");
await anna.fill("#set-network-address-gateway", "192.168.7.1");
await says(anna, "#set-network-address-gateway-problem", "is not a host in the subnet");
await anna.fill("#set-network-address-gateway", "192.168.1.1");
await anna.fill("#set-network-wifi-ssid", "House");
await anna.fill("#set-network-wifi-password", "wifi-secret");
await anna.click("#network .save button.main");
await says(anna, "#network .save", "Saved and in use");
assert.equal(await anna.inputValue("#set-network-wifi-password"), "", "written, not shown");
await picture(anna, "network");

// Who may come in besides.
await go(anna, "security");
await anna.fill("#set-security-hosts", "tank.example.org, dimmer.example.org:80");
await says(anna, "#set-security-hosts-problem", "is not the name of a host");
await says(anna, "#set-security-hosts-problem", "(hosts[1])");
await anna.fill("#set-security-hosts", "tank.example.org,dimmer.example.org");
await anna.check("#set-security-compatibility-enabled");
await says(anna, "#set-security-compatibility-address-problem", "is missing although the way in for routers is open");
await anna.fill("#set-security-compatibility-address", "192.168.1.10");
await anna.click("#security .save button.main");
await says(anna, "#security .save", "Saved and in use");
assert.equal(await anna.inputValue("#set-security-hosts"), "tank.example.org, dimmer.example.org");
await picture(anna, "security");

// In French, and what the firmware refuses, too.
await anna.selectOption("#language", "fr");
await go(anna, "dashboard");
await says(anna, "#reason", "suit la marche forcée");
await says(anna, "nav", "Limites");
await picture(anna, "french");
await go(anna, "limits");
await anna.fill("#set-safety-water_limit_millicelsius", "120");
await says(anna, "#set-safety-water_limit_millicelsius-problem", "n'est pas entre 5000 et 95000 ; attendu : 60000 pour un chauffe-eau domestique");
await picture(anna, "wrong-in-french");
await anna.click("#limits .save button:not(.main)");
await go(anna, "mqtt");
await anna.fill("#set-brokers-0-port", NOBODY);
await anna.click("#mqtt .save button.main");
await says(anna, "#broker-state", "rien n'écoute sur le port du courtier ; vérifiez qu'il tourne, et son port (1883 d'habitude)");
await anna.fill("#set-brokers-0-port", SECOND_BROKER);
await anna.click("#mqtt .save button.main");
await says(anna, "#broker-state", "En ligne");
await anna.selectOption("#language", "en");

// A backup, another name, and back.
await go(anna, "backup");
const [file] = await Promise.all([anna.waitForEvent("download"), anna.click("#export")]);
const saved = await file.path();
const backup = readFileSync(saved, "utf8");
assert.equal(JSON.parse(backup).safety.water_limit_millicelsius, 62_500);
assert.deepEqual(JSON.parse(backup).security.hosts, ["tank.example.org", "dimmer.example.org"]);
assert.equal(backup.includes("wifi-secret"), false, "a backup has no passwords");
await go(anna, "dimmer");
await anna.fill("#set-name", "Cellar tank");
await anna.click("#dimmer .save button.main");
await says(anna, "h1", "Cellar tank");

// Somebody else at the same time, with the keyboard alone.
await go(anna, "dashboard");
const ben = await person(browser, { colorScheme: "dark" });
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

// Two who save: the second has not seen what the first did, is told so, and neither loses anything.
const stale = "Somebody else has changed the settings meanwhile";
const saves = async (page, tab) => {
  const answered = page.waitForResponse((response) => response.request().method() === "PATCH");
  await page.click(`#${tab} .save button.main`);
  return (await answered).status();
};
const reads = async (page, tab) => {
  const answered = page.waitForResponse((response) => response.url().endsWith("/api/v1/config"));
  await go(page, tab);
  await answered;
};
await reads(ben, "dimmer");
await reads(anna, "limits");
await anna.fill("#set-safety-water_limit_millicelsius", "58");
assert.equal(await saves(anna, "limits"), 200);
await ben.fill("#set-output-rated_watts", "1500");
assert.equal(await saves(ben, "dimmer"), 412);
await says(ben, "#dimmer .save", stale);
await picture(ben, "stale");
assert.equal(await ben.inputValue("#set-output-rated_watts"), "1500", "what he wrote stays");
assert.equal(await ben.inputValue("#set-safety-water_limit_millicelsius"), "58", "what she saved is shown");
assert.equal(await saves(ben, "dimmer"), 200);
await reads(anna, "mqtt");
assert.equal(await anna.inputValue("#set-output-rated_watts"), "1500");
assert.equal(await anna.inputValue("#set-safety-water_limit_millicelsius"), "58");
// A list is saved whole: hers would be gone with his.
await reads(ben, "mqtt");
const adds = async (page, place, host) => {
  await page.click("#add-broker");
  await page.fill(`#set-brokers-${place}-host`, host);
};
await adds(anna, 1, "anna.local");
assert.equal(await saves(anna, "mqtt"), 200);
await adds(ben, 1, "ben.local");
assert.equal(await saves(ben, "mqtt"), 412);
await says(ben, "#mqtt .save", stale);
await ben.waitForFunction(() => document.querySelector("#set-brokers-1-host").value === "anna.local");
await adds(ben, 2, "ben.local");
assert.equal(await saves(ben, "mqtt"), 200);
await reads(anna, "backup");
const hosts = [0, 1, 2].map((place) => anna.inputValue(`#set-brokers-${place}-host`));
assert.deepEqual(await Promise.all(hosts), ["127.0.0.1", "anna.local", "ben.local"]);

await anna.setInputFiles("#import", saved);
await says(anna, "#import-said", "Saved and in use");
await says(ben, "h1", "Solar dimmer");
// From another dimmer, in another network: its password is not in the file, and that of this one is not its.
const other = JSON.parse(backup);
other.network.wifi.ssid = "Attic";
await anna.setInputFiles("#import", { name: "attic.json", mimeType: "application/json", buffer: Buffer.from(JSON.stringify(other)) });
await says(anna, "#import-said", "not known here: 1.");

// A phone.
const phone = await person(browser, { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true, colorScheme: "dark" });
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
console.log(`accessibility: ${TABS.length + 3} views, ${findings} findings, none of them serious`);
