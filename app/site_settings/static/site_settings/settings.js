// The form of a site's settings: the fields of the chosen analytics service only, and a colour to pick.
"use strict";

const provider = document.getElementById("id_analytics_provider");
if (provider) {
  const show = () => {
    for (const option of provider.options) {
      if (!option.value) continue;
      for (const row of document.querySelectorAll(`.form-row[class*="field-analytics_${option.value}_"]`)) {
        row.hidden = option.value !== provider.value;
      }
    }
  };
  provider.addEventListener("change", show);
  show();
}

for (const text of document.querySelectorAll("input[data-colour]")) {
  const picker = document.createElement("input");
  Object.assign(picker, { type: "color", className: "settings-colour", disabled: text.disabled });
  picker.setAttribute("aria-label", document.querySelector(`label[for="${text.id}"]`).textContent.replace(/:\s*$/, "").trim());
  const follow = () => {
    if (/^#[0-9a-f]{6}$/i.test(text.value)) picker.value = text.value;
  };
  text.after(picker);
  text.addEventListener("input", follow);
  picker.addEventListener("input", () => {
    text.value = picker.value;
  });
  follow();
}
