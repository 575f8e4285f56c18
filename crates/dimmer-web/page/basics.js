// What every part of the page uses: what it knows, words, elements, and the way to the dimmer.
const $ = (id) => document.getElementById(id);
const CONFIG = "/api/v1/config";
const TABS = ["dashboard", "mqtt", "dimmer", "probes", "limits", "network", "security", "backup", "log"];
let language = localStorage.getItem("language") || (navigator.language.startsWith("fr") ? "fr" : "en");
let token = sessionStorage.getItem("token");
let passwordSet = true;
// The dimmer is an access point of its own, and is to be told a network.
let setUp = false;
let config = null;
// Which settings these are: whoever changes them shows that he knows them.
let revision = null;
let last = null;
let brokerSaved = null;
const forms = {};

function t(key, ...values) {
  const text = WORDS[language][key] || key;
  return values.reduce((text, value, place) => text.replace(`{${place}}`, value), text);
}

function make(name, properties, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties || {})) {
    if (key in element) element[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

function say(element, text, kind) {
  if (element.textContent !== text) element.textContent = text;
  element.classList.remove("good", "warn", "bad");
  if (kind) element.classList.add(kind);
}

// ---- The way to the dimmer ----

// Who hears nothing for so long will not: the answer was lost with the address that it came from, or with the dimmer.
const PATIENCE_MS = 30000;

async function ask(method, path, body) {
  const headers = {};
  if (method !== "GET") headers["X-Solar-Dimmer"] = "1";
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (method === "PATCH" && path === CONFIG && revision) headers["If-Match"] = revision;
  const text = body === undefined ? undefined : JSON.stringify(body);
  const response = await fetch(path, { method, headers, body: text, signal: AbortSignal.timeout(PATIENCE_MS), cache: "no-store" });
  let answer = null;
  if (response.headers.get("Content-Length") !== "0" && response.status !== 204) answer = await response.json().catch(() => null);
  if (response.ok && (path === CONFIG || path === `${CONFIG}/import`)) revision = response.headers.get("ETag");
  if (response.ok) return answer;
  const failure = new Error("refused");
  failure.status = response.status;
  failure.wait = response.headers.get("Retry-After");
  Object.assign(failure, answer ? answer.error : { path: "", problem: String(response.status), expected: "" });
  if (response.status === 401 && failure.path === "") forget();
  throw failure;
}

// What the firmware said, in the language of the page: french.txt says how it is found.
let french = null;
async function learnFrench() {
  if (language === "fr" && !french) french = await (await fetch("/french.json")).json().catch(() => null);
}

const VARIABLE = "(?:`[^`]*`|\\{[^}]*\\}|-?\\d+(?:[.,]\\d+)*)";
const VARIABLES = new RegExp(`${VARIABLE}(?:, ${VARIABLE})*`, "g");

function told(text) {
  if (language !== "fr" || !french || !text) return text;
  const found = (text, values) => {
    let hash = 0x811c9dc5;
    for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
    const translated = french[hash.toString(16)];
    return translated && translated.replaceAll("{}", () => values.shift() ?? "");
  };
  // `the broker ended the session (…); see its log`, and `cannot be used: …`, which is a text of its own.
  const inner = text.match(/^(.*?)\((.*)\)(.*)$/);
  const [, head, tail] = text.match(/^(.*?: )(.*)$/) || [];
  return found(text.replace(VARIABLES, "{}"), text.match(VARIABLES) || [])
    || inner && found(`${inner[1].replace(VARIABLES, "{}")}({})${inner[3]}`, [...(inner[1].match(VARIABLES) || []), inner[2]])
    || head && found(`${head}{}`, [told(tail)])
    || text;
}

function described(failure) {
  if (failure.wait) return t("too_many", failure.wait);
  if (failure.status === 412) return t("changed_elsewhere");
  if (failure.problem === undefined) return t("offline");
  return t("is_wrong", failure.path, told(failure.problem), told(failure.expected));
}

function forget() {
  token = null;
  sessionStorage.removeItem("token");
  config = null;
  show();
}

// ---- Which part is shown ----

function tab() {
  const wanted = location.hash.slice(1);
  return TABS.includes(wanted) ? wanted : "dashboard";
}

function show() {
  const here = tab();
  const mayEnter = passwordSet && (here === "dashboard" || token);
  const isFirst = setUp && Boolean(token) && here === "dashboard";
  for (const name of TABS) $(name).hidden = name !== here || !mayEnter || isFirst;
  $("setup").hidden = !isFirst;
  // The dashboard may be seen without a password, and says how to sign in.
  $("enter").hidden = Boolean(token);
  $("steer").hidden = !token;
  $("sign-out").hidden = !token;
  const first = !passwordSet;
  say($("enter-title"), t(first ? "first_title" : "enter_title"));
  say($("enter-text"), t(first ? "first_text" : "enter_text"));
  say($("enter-button"), t(first ? "first_button" : "enter_button"));
  $("again-field").hidden = !first;
  $("again").required = first;
  $("password").autocomplete = first ? "new-password" : "current-password";
  for (const link of $("nav").children) {
    const name = link.hash.slice(1);
    if (name === here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
    link.classList.toggle("changed", Boolean(forms[name] && forms[name].isChanged()));
  }
  document.title = `${$("name").textContent} – ${t(here)}`;
}

function translate() {
  document.documentElement.lang = language;
  $("language").value = language;
  for (const element of document.querySelectorAll("[data-t]")) element.textContent = t(element.dataset.t);
  for (const element of document.querySelectorAll("[data-l]")) element.setAttribute("aria-label", t(element.dataset.l));
  $("nav").setAttribute("aria-label", t("skip"));
  $("nav").replaceChildren(...TABS.map((name) => make("a", { href: `#${name}` }, t(name))));
  for (const form of Object.values(forms)) form.draw();
  if (last) paint(last);
  drawProbes();
  show();
}
