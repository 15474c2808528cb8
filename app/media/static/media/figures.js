// Pictures in the editor of rich text: chosen from the library of the site, uploaded, pasted or dropped.
import { Figure as BaseFigure, Plugin, canInsertNode } from "django-prose-editor/editor";
import { choose, element, upload } from "colonnade/dialog";

const OWN = /^\/media\/[0-9a-f]{32}\/[a-z0-9.-]+$/;

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
  const own = editor.view.dom.closest(".prose-editor") ?? editor.view.dom.parentElement;
  const place = own.closest(".flex-container") ?? own; // below the row of label and editor, in its whole width
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
