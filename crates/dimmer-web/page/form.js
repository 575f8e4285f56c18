// Forms of settings: made of FIELDS, checked by the firmware as one types, and live once saved.
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
  const hint = WORDS[language][`${path}_hint`] ? [make("p", { className: "hint", id: `${id}-hint` }, t(`${path}_hint`))] : [];
  const described = { id, "aria-describedby": [...hint, problem].map((text) => text.id).join(" ") };
  const unit = kind === "number" || kind === "optional" ? more[0] : "";
  let input;
  if (kind === "choice") input = make("select", described, ...more[0].map((value) => make("option", { value: String(value) }, t(String(value)))));
  else if (kind === "flag") input = make("input", { ...described, type: "checkbox" });
  else if (kind === "password") input = make("input", { ...described, type: "password", placeholder: t("unchanged"), autocomplete: "off" });
  else input = make("input", { ...described, type: "text", inputMode: kind === "text" || kind === "list" ? "text" : "decimal", autocomplete: "off", spellcheck: false });
  // An empty field says nothing about a password; that there is none is said here.
  const none = kind === "password" && make("input", { id: `${id}-none`, type: "checkbox" });
  if (none) {
    input.addEventListener("input", () => { none.checked = false; });
    none.addEventListener("input", () => { if (none.checked) input.value = ""; });
    hint.unshift(make("div", { className: "check" }, none, make("label", { htmlFor: none.id }, t("no_password"))));
  }
  const name = make("label", { htmlFor: id }, unit ? `${label}, ${unit}` : label);
  const element = kind === "flag"
    ? make("div", { className: "field" }, make("div", { className: "check" }, input, name), ...hint, problem)
    : make("div", { className: "field" }, name, input, ...hint, problem);
  const scale = 10 ** (more[1] || 0);
  return {
    path, element, input, problem,
    set(value) {
      if (none) none.checked = value === "";
      if (kind === "flag") input.checked = value;
      else if (kind === "number" || kind === "optional") input.value = value === null || value === undefined ? "" : String(value / scale);
      else input.value = kind === "list" ? (value || []).join(", ") : value ?? "";
    },
    get() {
      if (kind === "flag") return input.checked;
      if (kind === "choice") return more[0].find((value) => String(value) === input.value);
      if (kind === "text") return input.value;
      if (kind === "list") return input.value.split(",").map((part) => part.trim()).filter(Boolean);
      // Untouched, it stays what it is.
      if (kind === "password") return input.value || (none.checked ? "" : null);
      const text = input.value.trim().replace(",", ".");
      if (kind === "optional" && text === "") return null;
      const value = Math.round(Number(text) * scale);
      if (text === "" || !Number.isFinite(value)) throw { path, problem: t("not_a_number"), expected: "42" };
      return value;
    },
    is(value) {
      try { return JSON.stringify(this.get()) === JSON.stringify(value ?? null); } catch { return false; }
    },
    mark(failure) {
      // Its own name says in which unit the firmware counts, and which of a list is wrong.
      const named = { number: path, optional: path, list: failure && failure.path }[kind];
      const own = named ? ` (${named.split(".").pop()})` : "";
      problem.textContent = failure ? t("expected", told(failure.problem), told(failure.expected)) + own : "";
      if (failure) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    },
  };
}

// Other settings are in use: every form shows them, but for the fields in which somebody is writing. Brokers that somebody else changed are
// shown in any case: a list is saved whole.
function use(settings, own) {
  const untouched = Object.values(forms).filter((form) => form === own || !form.isChanged());
  const touched = Object.values(forms).filter((form) => !untouched.includes(form));
  const same = touched.flatMap((form) => form.fields.filter((made) => made.is(at(config, made.path))));
  const others = !config || JSON.stringify(settings.brokers) !== JSON.stringify(config.brokers);
  // Their cards are drawn by what is read of the wire, which comes with names and roles.
  if (config && JSON.stringify(settings.probes) !== JSON.stringify(config.probes)) loadProbes().catch(() => {});
  config = settings;
  for (const form of untouched) form.draw();
  for (const made of same) made.set(at(config, made.path));
  for (const form of touched) {
    if (form.name === "mqtt" && others) {
      form.brokers = structuredClone(config.brokers);
      form.drawBrokers();
    }
    form.touched();
  }
}

// Changes settings, unless somebody else has changed them since they were read: then those are shown.
async function change(part, own) {
  try {
    use(await ask("PATCH", CONFIG, part), own);
  } catch (failure) {
    if (failure.status === 412) use(await ask("GET", CONFIG));
    throw failure;
  }
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
      made.element.addEventListener("input", () => { try { broker[description[0]] = made.get(); } catch { /* said when it is checked */ } });
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
      if (!made.is(at(config, made.path))) put(part, made.path, value);
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
      const is = path !== null && (made.path === path || path.startsWith(`${made.path}.`) || (!found && made.path.startsWith(`${path}.`)));
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
      await change(part, this);
      say(this.said, t("live", new Date().toLocaleTimeString(language)), "good");
      if (part.brokers || part.topics) {
        brokerSaved = this.said;
        say(this.said, t("live_broker", t("connecting")), "warn");
      }
    } catch (failure) {
      const found = this.mark(failure);
      say(this.said, described(failure), "bad");
      if (found) found.input.focus();
    }
    show();
  }
}
