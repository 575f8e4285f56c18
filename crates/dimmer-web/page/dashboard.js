// What the dimmer does: told as it changes, drawn, and steered.
function number(value, unit, decimals = 1) {
  if (value === null || value === undefined) return "–";
  return `${value.toLocaleString(language, { maximumFractionDigits: decimals })} ${unit}`;
}

function paint(view) {
  last = view;
  const { state, broker } = view;
  const problem = told(broker.problem);
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
  say($("broker-state"), [text, problem].filter(Boolean).join(": "), kinds[broker.status]);
  if (brokerSaved && (broker.status === "online" || broker.status === "waiting")) {
    say(brokerSaved, t("live_broker", [text, problem].filter(Boolean).join(": ")), kinds[broker.status]);
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

// The state is said every ten seconds even if it stays: who is silent for longer is gone, though nothing may tell this side.
async function inTime(reader) {
  let late;
  const silence = new Promise((_, refuse) => { late = setTimeout(refuse, 25000); });
  try {
    return await Promise.race([reader.read(), silence]);
  } catch (failure) {
    reader.cancel().catch(() => {});
    throw failure;
  } finally {
    clearTimeout(late);
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
        const { value, done } = await inTime(reader);
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
