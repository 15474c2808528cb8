// Pictures in the editor of rich text: chosen from the library of the site, uploaded, pasted or dropped.
import { Figure as BaseFigure, Plugin, canInsertNode } from "django-prose-editor/editor";

const OWN = /^\/media\/[0-9a-f]{32}\/[a-z0-9.-]+$/;

const element = (tag, properties = {}, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-") || name === "role") made.setAttribute(name, value);
    else made[name] = value;
  }
  made.append(...children);
  return made;
};

let fields = 0;
const field = (text, input) => {
  input.id = `media-field-${++fields}`;
  return element("p", { className: "media-field" }, element("label", { htmlFor: input.id, textContent: text }), input);
};

async function request(url, options) {
  let response;
  try {
    response = await fetch(url, { ...options, headers: { Accept: "application/json", ...options?.headers } });
  } catch {
    throw new Error("The connection was lost. Try again.");
  }
  const isJson = response.headers.get("Content-Type")?.startsWith("application/json");
  const answer = isJson ? await response.json() : {};
  if (response.ok && isJson) return answer;
  if (response.status === 403) throw new Error("You may not do this on this site.");
  throw new Error(answer.errors?.join(" ") ?? "This did not work. Reload the page, and try again.");
}

function upload(url, file) {
  const data = new FormData();
  data.append("file", file);
  const site = document.querySelector("[name=_opened_under_site]");
  if (site) data.append(site.name, site.value);
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  return request(url, { method: "POST", body: data, headers: { "X-CSRFToken": token } }).then(({ picture }) => picture);
}

// Resolves to { picture, alt, caption }, or null. `chosen` is a picture, with the texts that it has in the page.
function choose({ pictures, upload: uploadUrl }, chosen = null) {
  return new Promise((resolve) => {
    let selected = chosen?.picture ?? null;
    let next = null;
    let query = "";
    const grid = element("ul", { className: "media-grid" });
    const status = element("p", { role: "status", className: "media-status" });
    const more = element("button", { type: "button", textContent: "More pictures", hidden: true });
    const search = element("input", { type: "search" });
    const file = element("input", { type: "file", accept: "image/jpeg,image/png,image/gif,image/webp" });
    const alt = element("input", { type: "text", maxLength: 300, value: chosen?.alt ?? "" });
    const decorative = element("input", { type: "checkbox", id: `media-field-${++fields}` });
    const caption = element("input", { type: "text", value: chosen?.caption ?? "" });
    const insert = element("button", { type: "submit", className: "default", textContent: chosen ? "Save" : "Insert" });
    const cancel = element("button", { type: "button", textContent: "Cancel" });
    const form = element(
      "form",
      { method: "dialog" },
      element("h2", { id: "media-dialog-title", textContent: "Picture" }),
      element("div", { className: "media-find" }, field("Search the library", search), field("Or upload a picture", file)),
      status,
      grid,
      more,
      field("Alternative text: what the picture shows", alt),
      element(
        "p",
        { className: "media-field" },
        decorative,
        element("label", { htmlFor: decorative.id, textContent: "Decorative: it says nothing that the text does not say" }),
      ),
      field("Caption", caption),
      element("p", { className: "media-buttons" }, insert, cancel),
    );
    const dialog = element("dialog", { className: "media-dialog", "aria-labelledby": "media-dialog-title" }, form);

    const update = () => {
      for (const button of grid.querySelectorAll("button")) {
        button.setAttribute("aria-pressed", String(button.dataset.url === selected?.url));
      }
      alt.disabled = decorative.checked;
      alt.required = !decorative.checked;
      insert.disabled = !selected;
    };
    const select = (picture) => {
      selected = picture;
      alt.value = picture.alt;
      decorative.checked = picture.isDecorative;
      update();
    };
    const item = (picture) => {
      const image = element("img", { src: picture.thumbnail, alt: picture.alt || picture.title, width: 120, height: 120 });
      const button = element("button", { type: "button", title: picture.title }, image);
      button.dataset.url = picture.url;
      button.addEventListener("click", () => select(picture));
      return element("li", {}, button);
    };
    const load = async (page) => {
      const wanted = search.value;
      try {
        const found = await request(`${pictures}?${new URLSearchParams({ q: wanted, page })}`);
        if (wanted !== search.value) return;
        if (page === 1) grid.replaceChildren();
        grid.append(...found.pictures.map(item));
        next = found.next;
        more.hidden = !next;
        status.textContent = grid.children.length ? "" : "No pictures found.";
        update();
      } catch (error) {
        status.textContent = error.message;
      }
    };
    more.addEventListener("click", () => load(next));
    search.addEventListener("input", () => {
      query = search.value;
      setTimeout(() => query === search.value && load(1), 250);
    });
    search.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
    file.addEventListener("change", async () => {
      if (!file.files.length) return;
      status.textContent = "Uploading …";
      try {
        const picture = await upload(uploadUrl, file.files[0]);
        status.textContent = "";
        grid.prepend(item(picture));
        select(picture);
        alt.focus();
      } catch (error) {
        status.textContent = error.message;
      }
      file.value = "";
    });
    decorative.addEventListener("change", update);
    cancel.addEventListener("click", () => dialog.close());
    form.addEventListener("submit", () => {
      const text = decorative.checked ? "" : alt.value.trim();
      dialog.returnValue = "insert";
      resolve({ picture: selected, alt: text, caption: caption.value.trim() });
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(null);
    });
    if (chosen && !chosen.alt) decorative.checked = chosen.isDecorative ?? true;
    document.body.append(dialog);
    dialog.showModal();
    update();
    load(1);
    (chosen ? alt : search).focus();
  });
}

// The figure or the picture that is selected: where it is, and what it shows.
function selectedPicture(state) {
  const { $from, node } = state.selection;
  const describe = (position, figure) => {
    const found = { position, figure };
    const read = (child) => {
      if (child.type.name === "image") found.image = child;
      if (child.type.name === "caption") found.caption = child.textContent;
    };
    if (figure.type.name === "image") read(figure);
    else figure.forEach(read);
    return found.image ? found : null;
  };
  if (node?.type.name === "figure" || node?.type.name === "image") {
    const parent = $from.parent;
    return parent.type.name === "figure" ? describe($from.before(), parent) : describe(state.selection.from, node);
  }
  for (let depth = $from.depth; depth > 0; depth--) {
    if ($from.node(depth).type.name === "figure") return describe($from.before(depth), $from.node(depth));
  }
  return null;
}

function figure({ picture, alt, caption }) {
  const content = [
    { type: "image", attrs: { src: picture.url, alt, width: picture.width, height: picture.height } },
  ];
  if (caption) content.push({ type: "caption", content: [{ type: "text", text: caption }] });
  return { type: "figure", content };
}

function notice(editor, text) {
  const place = editor.view.dom.closest(".prose-editor") ?? editor.view.dom.parentElement;
  let shown = place.nextElementSibling;
  if (!shown?.matches(".media-notice")) {
    shown = element("p", { role: "status", className: "media-notice" });
    place.after(shown);
  }
  shown.textContent = text;
}

const picturesIn = (transfer) => Array.from(transfer?.files ?? []).filter(({ type }) => type.startsWith("image/"));

async function insertFiles(editor, options, files) {
  for (const file of files) {
    notice(editor, `Uploading ${file.name} …`);
    try {
      const picture = await upload(options.upload, file);
      notice(editor, "");
      const chosen = await choose(options, { picture, alt: picture.alt, isDecorative: picture.isDecorative });
      if (chosen) editor.chain().focus().insertContent(figure(chosen)).run();
    } catch (error) {
      notice(editor, `${file.name} was not added: ${error.message}`);
    }
  }
}

function hasText(transfer) {
  // Renamed in the text: the policy forbids style attributes, and the browser reports each one that is parsed.
  const html = transfer.getData("text/html").replace(/(<[a-z][^>]*?\s)style(?=\s*=)/gi, "$1data-style");
  return new DOMParser().parseFromString(html, "text/html").body.textContent.trim() !== "";
}

// Only pictures of this site's library stay; the others are named, or they would vanish without a word.
function withoutForeignPictures(editor, html) {
  const { body } = new DOMParser().parseFromString(html, "text/html");
  let removed = 0;
  for (const image of body.querySelectorAll("img")) {
    const source = image.getAttribute("src") ?? "";
    const path = source.startsWith(`${location.origin}/`) ? source.slice(location.origin.length) : source;
    if (OWN.test(path)) {
      image.setAttribute("src", path);
    } else {
      image.remove();
      removed++;
    }
  }
  if (!removed) return html;
  const what = removed === 1 ? "A picture was" : `${removed} pictures were`;
  notice(editor, `${what} left out: pictures come from the library of this site. Save a picture as a file, and drop it here.`);
  return body.innerHTML;
}

export const Figure = BaseFigure.extend({
  addOptions() {
    return { ...this.parent?.(), pictures: "", upload: "" };
  },

  addCommands() {
    const options = this.options;
    return {
      ...this.parent?.(),
      editImage:
        () =>
        ({ editor, state, dispatch }) => {
          const found = selectedPicture(state);
          if (!found && !canInsertNode(state, state.schema.nodes.figure)) return false;
          if (!dispatch) return true;
          const { src, alt, width, height } = found?.image.attrs ?? {};
          const picture = { url: src, alt: alt ?? "", isDecorative: !alt, width, height };
          choose(options, found && { picture, alt: alt ?? "", caption: found.caption }).then((chosen) => {
            if (!chosen) return;
            const chain = editor.chain().focus();
            if (found) chain.setNodeSelection(found.position);
            chain.insertContent(figure(chosen)).run();
          });
          return true;
        },
      insertFigure:
        () =>
        ({ commands }) =>
          commands.editImage(),
    };
  },

  addProseMirrorPlugins() {
    const { editor, options } = this;
    const take = (event, transfer, at = null) => {
      const files = picturesIn(transfer);
      // Word processors put a picture of copied text beside the text.
      if (!files.length || hasText(transfer)) return false;
      event.preventDefault();
      if (at) editor.commands.setTextSelection(at.pos);
      insertFiles(editor, options, files);
      return true;
    };
    return [
      ...(this.parent?.() ?? []),
      new Plugin({
        props: {
          handlePaste: (_view, event) => take(event, event.clipboardData),
          handleDrop: (view, event, _slice, moved) =>
            !moved && take(event, event.dataTransfer, view.posAtCoords({ left: event.clientX, top: event.clientY })),
          transformPastedHTML: (html) => withoutForeignPictures(editor, html),
        },
      }),
    ];
  },
});
