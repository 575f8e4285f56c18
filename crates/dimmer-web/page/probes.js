// Probes by their addresses: what a search found, chosen for a role and named.
const ROLES = ["water", "heat_sink", "room"];
let seen = { found: [], roles: [], search: { status: "never" } };

async function loadProbes() {
  seen = await ask("GET", `/api/v1/probes?lang=${language}`);
  drawProbes();
}

function drawProbes() {
  const { search, found, roles } = seen;
  $("search").disabled = search.status === "searching" || search.status === "unavailable";
  const kinds = { failed: "bad", unavailable: "warn", done: "good" };
  const status = search.status === "done" ? t("search_done", found.length) : t(`search_${search.status}`);
  say($("search-said"), [status, search.problem, search.more && t("search_more")].filter(Boolean).join(" "), kinds[search.status]);
  const reading = (probe) => probe.problem || (probe.temperature === null ? t("nothing_read") : number(probe.temperature, "°C"));
  // Somebody is choosing: what stands there is not taken away.
  if ($("found").contains(document.activeElement) && $("found").children.length === found.length) return;
  $("found").replaceChildren(...found.map((probe, place) => {
    const role = make("select", { id: `found-role-${place}` }, ...["", ...ROLES].map((name) => make("option", { value: name }, t(name || "no_role"))));
    role.value = probe.role || "";
    const name = make("input", { id: `found-name-${place}`, type: "text", value: probe.name || "", maxLength: 24, autocomplete: "off", spellcheck: false });
    return make("div", { className: "card", role: "group", "aria-label": probe.address }, make("h3", null, `${probe.address}: ${reading(probe)}`),
      make("div", { className: "row" },
        make("div", { className: "field" }, make("label", { htmlFor: role.id }, t("probe_role")), role),
        make("div", { className: "field" }, make("label", { htmlFor: name.id }, t("probe_name")), name)));
  }));
  $("found-buttons").hidden = !config || found.length === 0;
  const lost = roles.filter((role) => role.is_found === false && role.measured).map((role) => t("probe_lost", t(role.role), role.chosen));
  say($("probe-lost"), lost.join(" "), "bad");
}

// What the cards say, as settings.
function chosenProbes() {
  const part = { names: config.probes.names.filter(({ address }) => !seen.found.some((probe) => probe.address === address)) };
  seen.found.forEach(({ address }, place) => {
    const name = $(`found-name-${place}`).value.trim();
    if (name) part.names.push({ address, name });
    const role = $(`found-role-${place}`).value;
    for (const other of ROLES) if (other !== role && config.probes[`${other}_address`] === address) part[`${other}_address`] ??= "";
    if (!role) return;
    if (part[`${role}_address`]) throw { path: t(role), problem: t("role_twice"), expected: t("role_once") };
    part[role] = true;
    part[`${role}_address`] = address;
  });
  return part;
}

$("search").addEventListener("click", async () => {
  try {
    await ask("POST", "/api/v1/command/search_probes");
    do {
      await new Promise((wake) => setTimeout(wake, 500));
      await loadProbes();
    } while (seen.search.status === "searching");
  } catch (failure) {
    say($("search-said"), described(failure), "bad");
  }
});

$("found-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    await change({ probes: chosenProbes() });
    say($("found-said"), t("live", new Date().toLocaleTimeString(language)), "good");
    document.activeElement.blur();
    await loadProbes();
  } catch (failure) {
    say($("found-said"), described(failure), "bad");
    if (failure.status !== 412) return;
    document.activeElement.blur();
    await loadProbes();
  }
});
