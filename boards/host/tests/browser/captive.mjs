// The first set-up of a dimmer without a network: a phone joins its access point, looks for the internet, and finds the page.
import assert from "node:assert/strict";
import { PASSWORD, accessible, complaints, open, person, picture, says } from "./people.mjs";

const { PAGE, SECOND_BROKER } = process.env;
const { port } = new URL(PAGE);
// As the DNS server of an access point does: every name is the dimmer.
const browser = await open(`--host-resolver-rules=MAP * 127.0.0.1:${port}`);

// What systems ask for when they have joined a network.
for (const probe of ["generate_204", "hotspot-detect.html", "connecttest.txt", "ncsi.txt"]) {
  const answer = await fetch(`${PAGE}${probe}`, { redirect: "manual" });
  assert.equal(answer.status, 302, probe);
  assert.equal(answer.headers.get("Location"), PAGE, probe);
}

const phone = await person(browser, { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true });
await phone.goto("http://www.example.com/news");
assert.equal(phone.url(), PAGE);
await phone.waitForSelector("#enter-form:visible");
assert.equal(await phone.isVisible("#setup"), false, "the password comes first");
await phone.fill("#password", PASSWORD);
await phone.fill("#again", PASSWORD);
await phone.tap("#enter-button");
await phone.waitForSelector("#setup:visible");
assert.equal(await phone.isVisible("#dashboard"), false);
const findings = await accessible(phone, "first set-up");
assert.equal(await phone.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, "it is wider than a phone");

await phone.tap("#setup-form button.main");
await says(phone, "#setup-said", "Name of the Wi-Fi network is empty");
await phone.fill("#setup-ssid", "House");
await phone.fill("#setup-key", "short");
await phone.tap("#setup-form button.main");
await says(phone, "#setup-said", "is shorter than 8 characters");
await phone.fill("#setup-key", "wifi-secret");
await phone.fill("#setup-host", "127.0.0.1");
await phone.fill("#setup-port", SECOND_BROKER);
await picture(phone, "captive");
await phone.tap("#setup-form button.main");
await says(phone, "#setup-said", "Saved. The dimmer joins House now");

// With a network it is a dimmer like any other.
const answer = await fetch(`${PAGE}generate_204`, { redirect: "manual" });
assert.equal(answer.status, 404);
await phone.goto(PAGE);
await phone.waitForSelector("#dashboard:visible");
await says(phone, "#broker", `Online – 127.0.0.1:${SECOND_BROKER}`);

await browser.close();
assert.deepEqual(complaints, []);
console.log(`accessibility of the first set-up: ${findings} findings, none of them serious`);
