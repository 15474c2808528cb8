// The switcher opens and closes by itself (<details>); this closes it as menus are closed: by Escape, or elsewhere.
for (const switcher of document.querySelectorAll(".switcher")) {
  switcher.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && switcher.open) {
      switcher.open = false;
      switcher.querySelector("summary").focus();
    }
  });
  for (const kind of ["click", "focusin"]) {
    document.addEventListener(kind, (event) => {
      if (!switcher.contains(event.target)) switcher.open = false;
    });
  }
}
