// What the dialogs of the admin are made of, and the dialog in which an editor chooses a picture.

const PICTURES = "image/jpeg,image/png,image/gif,image/webp";
const LACKS_TEXT = "This picture has no alternative text yet. Add it in the media library.";
const lacksText = ({ thumbnail, alt, isDecorative }) => Boolean(thumbnail) && !alt && !isDecorative;

export const element = (tag, properties = {}, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-") || name === "role") made.setAttribute(name, value);
    else made[name] = value;
  }
  made.append(...children);
  return made;
};

let fields = 0;
export const field = (text, input) => {
  input.id = `media-field-${++fields}`;
  return element("p", { className: "media-field" }, element("label", { htmlFor: input.id, textContent: text }), input);
};

export async function request(url, options) {
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

function post(url, values) {
  const data = new FormData();
  for (const [name, value] of Object.entries(values)) data.append(name, value);
  const site = document.querySelector("[name=_opened_under_site]");
  if (site) data.append(site.name, site.value);
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  return request(url, { method: "POST", body: data, headers: { "X-CSRFToken": token } });
}

export const upload = (url, file) => post(url, { file }).then(({ picture, note }) => ({ ...picture, note }));

// Resolves to { picture, alt, caption }, or null. `chosen` is a picture, with the texts that it has in the page.
// Without `texts` the dialog may offer other files, as the addresses say, and asks for the alternative text only if the
// library has none: there it is stored.
export function choose({ pictures, upload: uploadUrl, texts = true, title = "Picture", accept = PICTURES }, chosen = null) {
  return new Promise((resolve) => {
    let selected = chosen?.picture ?? null;
    let next = null;
    let query = "";
    const grid = element("ul", { className: "media-grid" });
    const status = element("p", { role: "status", className: "media-status" });
    const more = element("button", { type: "button", textContent: "Show more", hidden: true });
    const search = element("input", { type: "search" });
    const file = element("input", { type: "file", accept });
    const alt = element("input", { type: "text", maxLength: 300, value: chosen?.alt ?? "" });
    const decorative = element("input", { type: "checkbox", id: `media-field-${++fields}` });
    const caption = element("input", { type: "text", value: chosen?.caption ?? "" });
    const done = texts ? (chosen ? "Save" : "Insert") : "Choose";
    const insert = element("button", { type: "submit", className: "default", textContent: done });
    const cancel = element("button", { type: "button", textContent: "Cancel" });
    const description = element(
      "div",
      { hidden: !texts },
      field("Alternative text: what the picture shows", alt),
      element(
        "p",
        { className: "media-field" },
        decorative,
        element("label", { htmlFor: decorative.id, textContent: "Decorative: it says nothing that the text does not say" }),
      ),
    );
    const form = element(
      "form",
      { method: "dialog" },
      element("h2", { id: "media-dialog-title", textContent: title }),
      element("div", { className: "media-find" }, field("Search the library", search), field(accept === PICTURES ? "Or upload a picture" : "Or upload a file", file)),
      status,
      grid,
      more,
      description,
      ...(texts ? [field("Caption", caption)] : []),
      element("p", { className: "media-buttons" }, insert, cancel),
    );
    const dialog = element("dialog", { className: "media-dialog", "aria-labelledby": "media-dialog-title" }, form);

    const update = () => {
      for (const button of grid.querySelectorAll("button")) {
        button.setAttribute("aria-pressed", String(button.dataset.url === selected?.url));
      }
      alt.disabled = decorative.checked;
      alt.required = texts && !decorative.checked;
      insert.disabled = !selected;
    };
    const select = (picture) => {
      selected = picture;
      alt.value = picture.alt;
      decorative.checked = picture.isDecorative;
      if (!texts) {
        description.hidden = !picture.describe;
        status.textContent = lacksText(picture) && !picture.describe ? LACKS_TEXT : "";
      }
      update();
    };
    const item = (picture) => {
      const image = { src: picture.thumbnail, alt: picture.alt || picture.title, width: 120, height: 120 };
      const shown = picture.thumbnail ? element("img", image) : element("span", { textContent: picture.title });
      const button = element("button", { type: "button", title: picture.title }, shown);
      button.dataset.url = picture.url;
      button.addEventListener("click", () => select(picture));
      return element("li", {}, button);
    };
    const load = async (page) => {
      const wanted = search.value;
      try {
        const address = new URL(pictures, location.href);
        address.searchParams.set("q", wanted);
        address.searchParams.set("page", page);
        const found = await request(address);
        if (wanted !== search.value) return;
        if (page === 1) grid.replaceChildren();
        grid.append(...found.pictures.map(item));
        next = found.next;
        more.hidden = !next;
        status.textContent = grid.children.length ? "" : "Nothing found.";
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
        grid.querySelector(`[data-url="${picture.url}"]`)?.parentElement.remove(); // it was in the library
        grid.prepend(item(picture));
        status.textContent = "";
        select(picture);
        if (picture.note) status.textContent = picture.note;
        (description.hidden ? insert : alt).focus();
      } catch (error) {
        status.textContent = error.message;
      }
      file.value = "";
    });
    decorative.addEventListener("change", update);
    cancel.addEventListener("click", () => dialog.close());
    form.addEventListener("submit", async (event) => {
      const text = decorative.checked ? "" : alt.value.trim();
      dialog.returnValue = "insert";
      if (!texts && !description.hidden && (text || decorative.checked)) {
        event.preventDefault();
        insert.disabled = true;
        try {
          await post(selected.describe, { alt: text, ...(decorative.checked ? { is_decorative: "on" } : {}) });
        } catch (error) {
          status.textContent = error.message;
          insert.disabled = false;
          return;
        }
        resolve({ picture: selected, alt: text, caption: "" });
        dialog.close();
        return;
      }
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
    (chosen && texts ? alt : search).focus();
  });
}
