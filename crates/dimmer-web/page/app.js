"use strict";
const $ = (id) => document.getElementById(id);
const TABS = ["dashboard", "mqtt", "dimmer", "probes", "limits", "security", "backup", "log"];
let language = localStorage.getItem("language") || (navigator.language.startsWith("fr") ? "fr" : "en");
let token = sessionStorage.getItem("token");
let passwordSet = true;
let config = null;
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

async function ask(method, path, body, signal) {
  const headers = {};
  if (method !== "GET") headers["X-Solar-Dimmer"] = "1";
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const text = body === undefined ? undefined : JSON.stringify(body);
  const response = await fetch(path, { method, headers, body: text, signal, cache: "no-store" });
  let answer = null;
  if (response.headers.get("Content-Length") !== "0" && response.status !== 204) answer = await response.json().catch(() => null);
  if (response.ok) return answer;
  const failure = new Error("refused");
  failure.status = response.status;
  failure.wait = response.headers.get("Retry-After");
  Object.assign(failure, answer ? answer.error : { path: "", problem: String(response.status), expected: "" });
  if (response.status === 401 && failure.path === "") forget();
  throw failure;
}

function described(failure) {
  if (failure.wait) return t("too_many", failure.wait);
  if (failure.problem === undefined) return t("offline");
  return t("is_wrong", failure.path, failure.problem, failure.expected);
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
  for (const name of TABS) $(name).hidden = name !== here || !mayEnter;
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
  show();
}

// ---- The dashboard ----

function number(value, unit, decimals = 1) {
  if (value === null || value === undefined) return "–";
  return `${value.toLocaleString(language, { maximumFractionDigits: decimals })} ${unit}`;
}

function paint(view) {
  last = view;
  const { state, broker } = view;
  say($("name"), view.name);
  say($("reason"), view.reason.text, view.reason.is_off ? "warn" : "good");
  say($("asked"), number(state.setpoint, "%"));
  say($("applied"), number(state.applied, "%"));
  say($("watts"), number(state.watts, "W"));
  say($("water"), number(state.temperature.water, "°C"));
  say($("energy"), number(state.energy / 1000, "kWh", 2));
  say($("mains"), number(state.mains.frequency, "Hz", 2));
  $("bar").value = state.applied;
  const alarms = view.alarms.map((alarm) => make("li", { className: alarm.level === "critical" ? "bad" : "warn" }, alarm.text));
  if ($("alarms").textContent !== view.alarms.map((alarm) => alarm.text).join("")) $("alarms").replaceChildren(...alarms);
  $("reset").hidden = !view.alarms.some((alarm) => alarm.level === "critical");
  say($("switch"), t(state.switch === "OFF" ? "turn_on" : "turn_off"));
  $("switch").setAttribute("aria-pressed", String(state.switch === "OFF"));
  say($("boost-end"), state.boost > 0 ? `${t("boost_end")} (${t("boost_left", state.boost)})` : t("boost_end"));
  $("boost-end").disabled = state.boost === 0;
  const kinds = { online: "good", impaired: "warn", connecting: "warn", waiting: "bad", none: "warn" };
  const where = broker.host ? `${broker.host}:${broker.port}` : "";
  const text = [t(broker.status), where].filter(Boolean).join(" – ");
  say($("broker"), text, kinds[broker.status]);
  say($("broker-state"), [text, broker.problem].filter(Boolean).join(": "), kinds[broker.status]);
  if (brokerSaved && (broker.status === "online" || broker.status === "waiting")) {
    say(brokerSaved, t("live_broker", [text, broker.problem].filter(Boolean).join(": ")), kinds[broker.status]);
    if (broker.status === "online") brokerSaved = null;
  }
  const read = ["water", "heat_sink", "room"].map((role) =>
    t("read_ok", t(role), view.faults[role] || (state.temperature[role] === null ? t("nothing_read") : number(state.temperature[role], "°C"))));
  if ($("probe-list").textContent !== read.join("")) $("probe-list").replaceChildren(...read.map((line) => make("li", null, line)));
}

async function drawChart() {
  const points = await ask("GET", "/api/v1/history");
  const svg = (name, attributes) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };
  const x = (place) => 360 - (points.length - 1 - place) * 2;
  const line = (place, kind, scale) => {
    let path = "";
    let down = false;
    points.forEach((point, index) => {
      if (point[place] !== null) path += `${down ? "L" : "M"}${x(index)},${125 - Math.max(0, Math.min(1, point[place] / scale)) * 120}`;
      down = point[place] !== null;
    });
    return svg("path", { class: kind, d: path || "M0,0" });
  };
  const text = $("chart-text");
  text.textContent = t("chart_text", points.length, $("applied").textContent, $("water").textContent);
  $("chart").replaceChildren(text, ...[5, 65, 125].map((y) => svg("line", { x1: 0, x2: 360, y1: y, y2: y })),
    line(0, "asked", 1000), line(1, "applied", 1000), line(2, "water", 1000));
}

async function steer(what, body) {
  try {
    await ask("POST", `/api/v1/command/${what}`, body);
    say($("steer-said"), t("done"), "good");
  } catch (failure) {
    say($("steer-said"), described(failure), "bad");
  }
}

// States as they come; where streams are taken already, one is asked for now and then.
async function watch() {
  for (;;) {
    try {
      const response = await fetch(`/api/v1/state/stream?lang=${language}`, { cache: "no-store" });
      if (!response.ok) {
        paint(await ask("GET", `/api/v1/state?lang=${language}`));
        $("offline").hidden = true;
        await new Promise((wake) => setTimeout(wake, 3000));
        continue;
      }
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      watching = reader;
      let text = "";
      for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        text += value;
        const events = text.split("\n\n");
        text = events.pop();
        for (const event of events) {
          const data = event.split("\n").find((line) => line.startsWith("data:"));
          if (data) paint(JSON.parse(data.slice(5)));
          $("offline").hidden = true;
        }
      }
    } catch {
      $("offline").hidden = false;
      await new Promise((wake) => setTimeout(wake, 2000));
    }
  }
}
let watching = null;

// ---- Forms of settings ----

const at = (object, path) => path.split(".").reduce((part, key) => (part === undefined || part === null ? undefined : part[key]), object);

function put(object, path, value) {
  const keys = path.split(".");
  const end = keys.pop();
  keys.reduce((part, key) => (part[key] ??= {}), object)[end] = value;
}

// A field: its element, and how its value is read and written. What a person writes in °C is an integer in millicelsius.
function field(path, id, [, kind, ...more]) {
  const label = t(path.replace(/^brokers\.\d+\./, ""));
  const problem = make("p", { className: "problem", id: `${id}-problem` });
  const described = { id, "aria-describedby": problem.id };
  const unit = kind === "number" || kind === "optional" ? more[0] : "";
  let input;
  if (kind === "choice") input = make("select", described, ...more[0].map((value) => make("option", { value: String(value) }, t(String(value)))));
  else if (kind === "flag") input = make("input", { ...described, type: "checkbox" });
  else if (kind === "password") input = make("input", { ...described, type: "password", placeholder: t("unchanged"), autocomplete: "off" });
  else input = make("input", { ...described, type: "text", inputMode: kind === "text" ? "text" : "decimal", autocomplete: "off", spellcheck: false });
  const name = make("label", { htmlFor: id }, unit ? `${label}, ${unit}` : label);
  const element = kind === "flag"
    ? make("div", { className: "field" }, make("div", { className: "check" }, input, name), problem)
    : make("div", { className: "field" }, name, input, problem);
  const scale = 10 ** (more[1] || 0);
  return {
    path, element, input, problem,
    set(value) {
      if (kind === "flag") input.checked = value;
      else if (kind === "number" || kind === "optional") input.value = value === null || value === undefined ? "" : String(value / scale);
      else input.value = value ?? "";
    },
    get() {
      if (kind === "flag") return input.checked;
      if (kind === "choice") return more[0].find((value) => String(value) === input.value);
      if (kind === "text") return input.value;
      // Untouched, it stays what it is.
      if (kind === "password") return input.value || null;
      const text = input.value.trim().replace(",", ".");
      if (kind === "optional" && text === "") return null;
      const value = Math.round(Number(text) * scale);
      if (text === "" || !Number.isFinite(value)) throw { path, problem: t("not_a_number"), expected: "42" };
      return value;
    },
    mark(failure) {
      // Its own name says in which unit the firmware counts.
      const own = kind === "number" || kind === "optional" ? ` (${path.split(".").pop()})` : "";
      problem.textContent = failure ? t("expected", failure.problem, failure.expected) + own : "";
      if (failure) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    },
  };
}

class Form {
  constructor(name) {
    this.name = name;
    this.form = document.querySelector(`[data-form=${name}]`);
    this.groups = make("div");
    this.form.append(this.groups);
    this.said = make("span", { role: "status" });
    this.save = make("button", { className: "main" });
    this.discard = make("button", { type: "button" });
    this.form.append(make("p", { className: "buttons save" }, this.save, this.discard, this.said));
    this.fields = [];
    this.brokers = [];
    this.form.noValidate = true;
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.submit(); });
    this.form.addEventListener("input", () => this.touched());
    this.discard.addEventListener("click", () => { this.draw(); say(this.said, ""); show(); });
    if (name === "mqtt") {
      $("add-broker").addEventListener("click", () => {
        this.brokers.push({ host: "", port: 1883, username: "", password: null, client_id: "", keep_alive_s: 30 });
        this.drawBrokers();
        this.touched();
        $(`set-brokers-${this.brokers.length - 1}-host`).focus();
      });
    }
  }

  draw() {
    this.save.textContent = t("save");
    this.discard.textContent = t("discard");
    if (!config) return;
    this.fields = [];
    const groups = FIELDS[this.name].map(([title, ...fields]) => make("fieldset", null, make("legend", null, t(title)),
      ...fields.map((description) => {
        const made = field(description[0], `set-${description[0].replaceAll(".", "-")}`, description);
        made.set(at(config, made.path));
        this.fields.push(made);
        return made.element;
      })));
    this.groups.replaceChildren(...groups);
    if (this.name === "mqtt") {
      this.brokers = structuredClone(config.brokers);
      this.drawBrokers();
    }
    this.save.disabled = this.discard.disabled = true;
  }

  drawBrokers() {
    this.brokerFields = this.brokers.map((broker, place) => BROKER.map((description) => {
      const path = `brokers.${place}.${description[0]}`;
      const made = field(path, `set-${path.replaceAll(".", "-")}`, description);
      made.set(broker[description[0]]);
      made.input.addEventListener("input", () => { try { broker[description[0]] = made.get(); } catch { /* said when it is checked */ } });
      return made;
    }));
    $("brokers").replaceChildren(...this.brokerFields.map((fields, place) => {
      const remove = make("button", { type: "button" }, t("broker_remove", place + 1));
      remove.addEventListener("click", () => { this.brokers.splice(place, 1); this.drawBrokers(); this.touched(); $("add-broker").focus(); });
      return make("div", { className: "card", role: "group", "aria-label": t("broker_number", place + 1) },
        make("h3", null, t("broker_number", place + 1)), ...fields.map((made) => made.element), remove);
    }));
    $("add-broker").disabled = this.brokers.length >= 4;
  }

  all() {
    return this.name === "mqtt" && this.brokerFields ? [...this.fields, ...this.brokerFields.flat()] : this.fields;
  }

  // What differs from what is in use; a value that cannot be read is thrown.
  changes() {
    const part = {};
    for (const made of this.fields) {
      const value = made.get();
      if (value !== (at(config, made.path) ?? null)) put(part, made.path, value);
    }
    if (this.name === "mqtt") {
      for (const made of this.brokerFields.flat()) made.get();
      if (JSON.stringify(this.brokers) !== JSON.stringify(config.brokers)) part.brokers = this.brokers;
    }
    return part;
  }

  isChanged() {
    if (!config) return false;
    try { return Object.keys(this.changes()).length > 0; } catch { return true; }
  }

  touched() {
    const changed = this.isChanged();
    this.save.disabled = this.discard.disabled = !changed;
    say(this.said, changed ? t("unsaved") : "", "warn");
    show();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.check(), 400);
  }

  // The firmware itself says whether it would take this.
  async check() {
    try {
      await ask("POST", "/api/v1/config/check", this.changes());
      this.mark(null);
    } catch (failure) {
      this.mark(failure);
    }
  }

  mark(failure) {
    const path = failure && failure.path ? failure.path.replace(/\[(\d+)\]/, ".$1") : null;
    let found = null;
    for (const made of this.all()) {
      const is = path !== null && (made.path === path || (!found && made.path.startsWith(`${path}.`)));
      if (is) found = made;
      made.mark(is ? failure : null);
    }
    if (failure && failure.problem !== undefined && !found) say(this.said, described(failure), "bad");
    return found;
  }

  async submit() {
    let part;
    say(this.said, t("saving"));
    try {
      part = this.changes();
      if (Object.keys(part).length === 0) return say(this.said, t("no_change"));
      clearTimeout(this.timer);
      config = await ask("PATCH", "/api/v1/config", part);
      this.draw();
      say(this.said, t("live", new Date().toLocaleTimeString(language)), "good");
      if (part.brokers || part.topics) {
        brokerSaved = this.said;
        say(this.said, t("live_broker", t("connecting")), "warn");
      }
      for (const form of Object.values(forms)) if (form !== this && !form.isChanged()) form.draw();
    } catch (failure) {
      const found = this.mark(failure);
      say(this.said, described(failure), "bad");
      if (found) found.input.focus();
    }
    show();
  }
}

// ---- The other parts ----

async function load() {
  if (!token) return;
  if (!config) {
    config = await ask("GET", "/api/v1/config");
    for (const form of Object.values(forms)) form.draw();
  }
  const here = tab();
  if (here === "log") await loadLog();
  if (here === "security") {
    const security = await ask("GET", "/api/v1/security");
    $("hosts").value = security.hosts.join(", ");
    $("compatible").checked = security.compatibility.enabled;
    $("router").value = security.compatibility.address || "";
  }
  if (here === "backup") {
    const about = await ask("GET", "/api/v1/about");
    say($("about"), `${about.model}, ${about.version}, ${about.id}`);
  }
}

async function loadLog() {
  const log = await ask("GET", "/api/v1/log");
  const kinds = { warning: "warn", error: "bad" };
  const ago = (seconds) => (seconds < 120 ? `${seconds} s` : seconds < 7200 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3600)} h`);
  $("events").replaceChildren(...log.events.reverse().map((event) => make("li", null,
    make("span", { className: kinds[event.level] || "" }, t(event.level)), make("span", null, t("ago", ago(log.uptime - event.uptime_s))),
    event.times > 1 ? `${event.text} (${t("times", event.times)})` : event.text)));
}

function doing(element, said, action) {
  element.addEventListener(element.tagName === "FORM" ? "submit" : "click", async (event) => {
    event.preventDefault();
    try {
      await action();
      if (said) say(said, t("done"), "good");
    } catch (failure) {
      if (said) say(said, described(failure), "bad");
    }
  });
}

function entered(answer) {
  token = answer.token;
  sessionStorage.setItem("token", token);
  passwordSet = true;
}

$("enter-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const password = $("password").value;
  if (!passwordSet && password !== $("again").value) return say($("enter-problem"), t("not_same"));
  $("enter-button").disabled = true;
  try {
    entered(await ask("POST", passwordSet ? "/api/v1/session" : "/api/v1/password", { password }));
    $("password").value = $("again").value = "";
    say($("enter-problem"), "");
    await load();
    show();
    $("main").focus({ preventScroll: true });
  } catch (failure) {
    say($("enter-problem"), described(failure));
    if (failure.status === 401 || failure.status === 409) passwordSet = true;
    $("password").focus();
  }
  $("enter-button").disabled = false;
});

doing($("sign-out"), null, async () => { await ask("DELETE", "/api/v1/session"); forget(); });
doing($("boost-form"), null, () => steer("boost", { minutes: Number($("minutes").value), power: Number($("boost-power").value) }));
doing($("boost-end"), null, () => steer("boost", 0));
doing($("switch"), null, () => steer("switch", { on: last.state.switch === "OFF" }));
doing($("reset"), null, () => steer("reset_alarms"));
doing($("search"), $("search-said"), () => ask("POST", "/api/v1/command/search_probes"));
doing($("restart"), null, () => ask("POST", "/api/v1/command/restart"));
doing($("log-again"), null, loadLog);
doing($("password-form"), $("password-said"), async () => {
  entered(await ask("POST", "/api/v1/password", { old: $("old").value, password: $("new").value }));
  $("old").value = $("new").value = "";
});
doing($("security-form"), $("security-said"), () => ask("PATCH", "/api/v1/security", {
  hosts: $("hosts").value.split(",").map((host) => host.trim()).filter(Boolean),
  compatibility: { enabled: $("compatible").checked, address: $("router").value.trim() },
}));
doing($("export"), null, async () => {
  const text = JSON.stringify(await ask("POST", "/api/v1/config/export", { secrets: false }), null, 2);
  const link = make("a", { href: URL.createObjectURL(new Blob([text], { type: "application/json" })), download: "solar-dimmer.json" });
  link.click();
  URL.revokeObjectURL(link.href);
});
$("import").addEventListener("change", async () => {
  const [file] = $("import").files;
  if (!file) return;
  try {
    config = await ask("POST", "/api/v1/config/import", JSON.parse(await file.text()));
    for (const form of Object.values(forms)) form.draw();
    say($("import-said"), t("live", new Date().toLocaleTimeString(language)), "good");
  } catch (failure) {
    say($("import-said"), failure instanceof SyntaxError ? failure.message : described(failure), "bad");
  }
  $("import").value = "";
});
$("language").addEventListener("change", () => {
  language = $("language").value;
  localStorage.setItem("language", language);
  translate();
  if (watching) watching.cancel();
});
addEventListener("hashchange", () => { show(); load().catch(() => {}); $("main").focus({ preventScroll: true }); });
addEventListener("beforeunload", (event) => { if (Object.values(forms).some((form) => form.isChanged())) event.preventDefault(); });

async function start() {
  for (const name of Object.keys(FIELDS)) forms[name] = new Form(name);
  translate();
  watch();
  for (;;) {
    try {
      const session = await ask("GET", "/api/v1/session");
      passwordSet = session.password_set;
      if (!session.signed_in) token = null;
      break;
    } catch {
      await new Promise((wake) => setTimeout(wake, 2000));
    }
  }
  show();
  load().catch(() => {});
  for (;;) {
    if (tab() === "dashboard") await drawChart().catch(() => {});
    await new Promise((wake) => setTimeout(wake, 30000));
  }
}
start();
