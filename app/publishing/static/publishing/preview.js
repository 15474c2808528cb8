// In the form of what is published: copies the link to a preview.
"use strict";

for (const link of document.querySelectorAll("a[data-copy]")) {
  const status = document.createElement("div");
  status.className = "preview-status";
  status.setAttribute("role", "status");
  link.closest("ul").after(status);
  link.addEventListener("click", async (event) => {
    event.preventDefault();
    const shown = document.createElement("input");
    Object.assign(shown, { type: "text", readOnly: true, value: link.href });
    shown.setAttribute("aria-label", link.textContent);
    const text = document.createElement("p");
    try {
      await navigator.clipboard.writeText(link.href);
      text.textContent = link.dataset.copy;
    } catch {
      text.textContent = link.dataset.failed; // no clipboard on this connection, or it was refused
    }
    status.replaceChildren(text, shown);
    shown.select();
  });
}
