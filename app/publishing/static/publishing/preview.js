// In the form of what is published: copies the link to a preview, and shows one beside the form.
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

const TICK = 700; // milliseconds; a form that did not change for one tick is shown

function fields(form) {
  return [...new FormData(form)].filter(([name, value]) => typeof value === "string" && !/^_(save|addanother|continue)/.test(name));
}

class Pane {
  constructor(form, address) {
    this.form = form;
    this.address = address;
    this.count = 0;
    this.element = document.createElement("section");
    this.element.className = "preview-pane";
    this.element.setAttribute("aria-label", "Preview");
    this.element.innerHTML =
      '<p><button type="button" class="button">Refresh</button> <span role="status"></span></p><div class="preview-frames"></div>';
    this.status = this.element.querySelector("[role=status]");
    this.frames = this.element.querySelector("div");
    this.element.querySelector("button").addEventListener("click", () => this.refresh());
  }

  open() {
    this.form.after(this.element);
    this.form.parentElement.classList.add("has-preview");
    this.refresh();
    this.element.scrollIntoView({ block: "nearest" }); // below the form where there is no room beside it
    this.timer = setInterval(() => this.look(), TICK);
  }

  close() {
    clearInterval(this.timer);
    this.form.parentElement.classList.remove("has-preview");
    this.element.remove();
    this.frames.replaceChildren();
  }

  look() {
    const now = JSON.stringify(fields(this.form));
    if (now !== this.sent && now === this.seen && !document.hidden) this.refresh();
    this.seen = now;
  }

  refresh() {
    const values = fields(this.form);
    this.sent = JSON.stringify(values);
    // A new frame each time: a second page in the old one would be a step of the browser's "Back".
    const frame = document.createElement("iframe");
    frame.name = `preview-${++this.count}`;
    frame.title = "Preview of the page";
    frame.setAttribute("sandbox", "allow-same-origin");
    const number = this.count;
    frame.addEventListener("load", () => {
      if (number !== this.count || frame.contentDocument?.URL === "about:blank") return;
      this.show(frame);
    });
    this.frames.append(frame);
    const sent = document.createElement("form");
    Object.assign(sent, { method: "post", action: this.address, target: frame.name, hidden: true });
    for (const [name, value] of values) {
      const input = document.createElement("textarea"); // keeps line ends
      Object.assign(input, { name, value });
      sent.append(input);
    }
    document.body.append(sent);
    sent.submit();
    sent.remove();
  }

  show(frame) {
    const before = [...this.frames.children].filter((other) => other !== frame);
    const place = before[0]?.contentWindow?.scrollY ?? 0;
    before.forEach((other) => other.remove());
    const shown = frame.contentDocument;
    // A refusal by the admin may not be framed, and then there is no document.
    this.status.textContent = shown ? "" : "The preview cannot be shown. Reload the page, and try again.";
    if (!shown) return;
    const base = shown.createElement("base");
    base.target = "_blank"; // which the sandbox does not let open: links lead nowhere
    shown.head?.prepend(base);
    frame.contentWindow.scrollTo(0, place);
  }
}

for (const button of document.querySelectorAll("button[data-preview]")) {
  const form = document.querySelector("#content-main form[method=post]");
  const pane = new Pane(form, button.dataset.preview);
  button.hidden = false;
  button.addEventListener("click", () => {
    const opens = button.getAttribute("aria-expanded") === "false";
    button.setAttribute("aria-expanded", String(opens));
    if (opens) pane.open();
    else pane.close();
  });
}
