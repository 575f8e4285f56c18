// What is no setting: the log, the password, backup, and who is signed in.
async function load() {
  if (!token) return;
  // Somebody else may have changed them since.
  const settings = await ask("GET", CONFIG);
  if (JSON.stringify(settings) !== JSON.stringify(config)) use(settings);
  const here = tab();
  if (here === "log") await loadLog();
  if (here === "probes") await loadProbes();
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
doing($("restart"), null, () => ask("POST", "/api/v1/command/restart"));
doing($("log-again"), null, loadLog);
doing($("password-form"), $("password-said"), async () => {
  entered(await ask("POST", "/api/v1/password", { old: $("old").value, password: $("new").value }));
  $("old").value = $("new").value = "";
});
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
    const imported = await ask("POST", "/api/v1/config/import", JSON.parse(await file.text()));
    const forgotten = imported.forgotten_passwords;
    config = imported.config;
    for (const form of Object.values(forms)) form.draw();
    const live = t("live", new Date().toLocaleTimeString(language));
    say($("import-said"), forgotten ? `${live}. ${t("forgotten", forgotten)}` : live, forgotten ? "warn" : "good");
  } catch (failure) {
    say($("import-said"), failure instanceof SyntaxError ? failure.message : described(failure), "bad");
  }
  $("import").value = "";
});
