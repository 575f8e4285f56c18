// The first set-up of a dimmer that is an access point of its own: its network and its broker at once, for whoever saves a network is soon
// in another one.
async function setItUp() {
  const ssid = $("setup-ssid").value;
  const part = { network: { wifi: { ssid, password: $("setup-key").value } } };
  if (!ssid) throw { path: t("network.wifi.ssid"), problem: t("is_empty"), expected: t("setup_ssid") };
  const host = $("setup-host").value.trim();
  if (host) {
    part.brokers = [{ host, port: Number($("setup-port").value), username: $("setup-user").value, password: $("setup-password").value }];
  }
  await change(part);
  const about = await ask("GET", "/api/v1/about").catch(() => ({ id: "…" }));
  const name = config.network.hostname || `dimmer-${about.id}`;
  say($("setup-said"), t("setup_done", ssid, `${location.protocol}//${name}.local/`), "good");
}

$("setup-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  say($("setup-said"), t("saving"));
  try {
    await setItUp();
  } catch (failure) {
    say($("setup-said"), described(failure), "bad");
    $("setup-ssid").focus();
  }
});
