// The language, the address line, and the start.
$("language").addEventListener("change", async () => {
  language = $("language").value;
  localStorage.setItem("language", language);
  await learnFrench();
  translate();
  if (watching) watching.cancel();
});
addEventListener("hashchange", () => { show(); load().catch(() => {}); $("main").focus({ preventScroll: true }); });
addEventListener("beforeunload", (event) => { if (Object.values(forms).some((form) => form.isChanged())) event.preventDefault(); });

async function start() {
  for (const name of Object.keys(FIELDS)) forms[name] = new Form(name);
  await learnFrench();
  translate();
  watch();
  for (;;) {
    try {
      const session = await ask("GET", "/api/v1/session");
      passwordSet = session.password_set;
      setUp = session.set_up;
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
