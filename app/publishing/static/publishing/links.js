// Links in the editor of rich text: to a page of the site, which they follow, to a file, or to any address.
import { Link as BaseLink } from "django-prose-editor/editor";
import { element, field, request } from "colonnade/dialog";

const REFERENCE = "data-link";
const SCHEMES = ["http:", "https:", "mailto:", "tel:"];

// What was written as an address that browsers read in the same way, or an error for the person who wrote it.
function read(written) {
  const text = written.trim();
  if (!text) throw new Error("Choose a page, or enter an address.");
  if (/^(\/(?![/\\])|#|\?)/.test(text)) return text;
  if (/^[^\s@/:]+@[^\s@/:]+\.[^\s@/:]+$/.test(text)) return `mailto:${text}`;
  const hasScheme = /^[a-z][a-z0-9+.-]*:/i.test(text) && !/^[^/?#]*\.[^/?#:]*:\d/.test(text);
  if (!hasScheme && !/^[^\s/?#:]+\.[a-z\u0080-\uffff][^\s/?#:.]+(:\d+)?([/?#]|$)/i.test(text)) {
    throw new Error("Enter an address such as https://example.com/ or /about/.");
  }
  let url;
  try {
    url = new URL(hasScheme ? text : `https://${text}`);
  } catch {
    throw new Error("This is not an address. Check it for typing errors.");
  }
  if (!SCHEMES.includes(url.protocol)) {
    throw new Error(`Links that begin with “${url.protocol}” are not allowed. Use https:, mailto: or tel:.`);
  }
  return hasScheme ? text : `https://${text}`;
}

// Resolves to { href, reference, text }, or null. The text is for a link that has none.
function choose(url, { href = "", reference = null }) {
  return new Promise((resolve) => {
    let chosen = { href: href ?? "", reference };
    let query = "";
    const search = element("input", { type: "search", maxLength: 100 });
    const list = element("ul", { className: "link-choices" });
    const status = element("p", { role: "status", className: "media-status" });
    const address = element("input", { type: "text", value: href ?? "", autocomplete: "off", spellcheck: false });
    const fault = element("p", { id: "link-fault", role: "alert", className: "link-fault" });
    const follows = element("p", { className: "link-follows" });
    const insert = element("button", { type: "submit", className: "default", textContent: href ? "Save" : "Insert" });
    const cancel = element("button", { type: "button", textContent: "Cancel" });
    const form = element(
      "form",
      { method: "dialog", noValidate: true },
      element("h2", { id: "link-dialog-title", textContent: "Link" }),
      field("Find a page or file of this site", search),
      status,
      list,
      field("Or enter an address: https://, mailto: or tel:", address),
      follows,
      fault,
      element("p", { className: "media-buttons" }, insert, cancel),
    );
    const dialog = element("dialog", { className: "media-dialog", "aria-labelledby": "link-dialog-title" }, form);

    const update = () => {
      for (const button of list.querySelectorAll("button")) {
        const isChosen = button.dataset.url === chosen.href && (button.dataset.reference || null) === chosen.reference;
        button.setAttribute("aria-pressed", String(isChosen));
      }
      follows.textContent = chosen.reference ? "The link follows this page when it moves." : "";
    };
    const say = (text) => {
      fault.textContent = text;
      if (text) address.setAttribute("aria-invalid", "true");
      else address.removeAttribute("aria-invalid");
    };
    const item = (choice) => {
      const button = element(
        "button",
        { type: "button" },
        element("strong", { textContent: choice.title }),
        element("span", { textContent: choice.url }),
        element("small", { textContent: choice.kind }),
      );
      button.dataset.url = choice.url;
      button.dataset.reference = choice.reference;
      button.addEventListener("click", () => {
        chosen = { href: choice.url, reference: choice.reference || null, title: choice.title };
        address.value = choice.url;
        say("");
        update();
      });
      return element("li", {}, button);
    };
    const load = async () => {
      const wanted = search.value;
      try {
        const found = await request(`${url}?${new URLSearchParams({ q: wanted })}`);
        if (wanted !== search.value) return;
        list.replaceChildren(...found.choices.map(item));
        status.textContent = list.children.length ? "" : "Nothing found.";
        update();
      } catch (error) {
        status.textContent = error.message;
      }
    };
    search.addEventListener("input", () => {
      query = search.value;
      setTimeout(() => query === search.value && load(), 250);
    });
    search.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
    address.setAttribute("aria-describedby", fault.id);
    address.addEventListener("input", () => {
      const isPlaceOnPage = chosen.reference && address.value.startsWith(`${chosen.href.split("#")[0]}#`);
      chosen = { href: address.value, reference: isPlaceOnPage ? chosen.reference : null };
      say("");
      update();
    });
    cancel.addEventListener("click", () => dialog.close());
    form.addEventListener("submit", (event) => {
      try {
        const link = read(address.value);
        resolve({ href: link, reference: chosen.reference, text: chosen.title ?? address.value.trim() });
      } catch (error) {
        event.preventDefault();
        say(error.message);
        address.focus();
      }
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(null);
    });
    document.body.append(dialog);
    dialog.showModal();
    update();
    load();
    search.focus();
  });
}

const takesLinks = ({ selection: { $from }, schema }) => $from.parent.inlineContent && $from.parent.type.allowsMarkType(schema.marks.link);

export const Link = BaseLink.extend({
  addOptions() {
    return { ...this.parent?.(), choices: "" };
  },

  addAttributes() {
    return {
      ...this.parent?.(),
      reference: {
        default: null,
        parseHTML: (link) => link.getAttribute(REFERENCE),
        renderHTML: ({ reference }) => (reference ? { [REFERENCE]: reference } : {}),
      },
    };
  },

  // A link without a selection brings its own text, unless the place takes no links, as in a block of code.
  addMenuItems({ menu, buttons }) {
    const enabled = (editor) => editor.isActive("link") || !editor.state.selection.empty || takesLinks(editor.state);
    const defineItem = (item) => menu.defineItem(item.name === "link" ? { ...item, enabled } : item);
    this.parent?.({ menu: { defineItem }, buttons });
  },

  addCommands() {
    const { name, options } = this;
    return {
      ...this.parent?.(),
      addLink:
        () =>
        ({ editor }) => {
          const { empty } = editor.state.selection;
          if (empty && !editor.isActive(name) && !takesLinks(editor.state)) return false;
          choose(options.choices, editor.getAttributes(name)).then((found) => {
            if (!found) return;
            const { text, ...chosen } = found;
            const chain = editor.chain().focus();
            if (editor.isActive(name)) chain.extendMarkRange(name).updateAttributes(name, chosen).run();
            else if (!empty) chain.setMark(name, chosen).run();
            else {
              chain.insertContent({ type: "text", text, marks: [{ type: name, attrs: chosen }] });
              chain.command(({ tr, state }) => Boolean(tr.removeStoredMark(state.schema.marks[name]))).run();
            }
          });
          return true;
        },
    };
  },
});
