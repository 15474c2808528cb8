// The field of a form that holds a file of the library: its thumbnail, and buttons instead of the number of its row.
import { choose, element } from "colonnade/dialog";

function enhance(place) {
  const input = place.querySelector("input");
  const shown = place.querySelector(".media-choice-shown");
  const label = document.querySelector(`label[for="${input.id}"]`);
  const name = (label?.textContent ?? "").replace(/:\s*$/, "").trim();
  const button = (text) => element("button", { type: "button", className: "button", textContent: text, "aria-label": `${text}: ${name}` });
  const pick = button("Choose");
  const remove = button("Remove");
  const update = () => {
    remove.hidden = !input.value;
  };
  const set = (value, ...children) => {
    input.value = value;
    shown.replaceChildren(...children);
    update();
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };

  place.querySelector(".related-lookup")?.remove();
  input.type = "hidden";
  pick.id = `${input.id}_choose`;
  if (label) label.htmlFor = pick.id;
  for (const attribute of ["aria-describedby", "aria-invalid"]) {
    if (input.hasAttribute(attribute)) pick.setAttribute(attribute, input.getAttribute(attribute));
  }
  shown.setAttribute("role", "status");
  place.append(element("span", { className: "media-choice-buttons" }, pick, remove));
  pick.addEventListener("click", async () => {
    const { pictures, upload, accept } = place.dataset;
    const chosen = await choose({ pictures, upload, texts: false, title: name || "File", ...(accept === undefined ? {} : { accept }) });
    if (chosen) {
      const { id, title, thumbnail } = chosen.picture;
      const image = thumbnail ? [element("img", { src: thumbnail, alt: "", width: 80, height: 80, className: "media-thumbnail" })] : [];
      set(String(id), ...image, element("span", { textContent: title }));
    }
    pick.focus();
  });
  remove.addEventListener("click", () => {
    set("");
    pick.focus();
  });
  update();
}

for (const place of document.querySelectorAll(".media-choice")) enhance(place);
