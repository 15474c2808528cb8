// Before the editor starts: styles become elements. When it has started: it gets the name of its field.
//
// The policy of the admin allows no style attributes, and reports each one in HTML that the editor parses: in pasted
// text, and in a text that was refused. Here they become the elements that they mean, before the editor sees them.
{
  const ELEMENTS = [
    ["b", (style) => style.fontWeight === "bold" || Number(style.fontWeight) >= 600],
    ["i", (style) => style.fontStyle === "italic"],
    ["s", (style) => style.textDecoration.includes("line-through") || style.textDecorationLine.includes("line-through")],
  ];

  const withoutStyles = (html) => {
    // Renamed in the text: parsing the attribute is what the browser reports.
    const renamed = html.replace(/(<[a-z][^>]*?\s)style(?=\s*=)/gi, "$1data-style");
    if (renamed === html) return html;
    const { body } = new DOMParser().parseFromString(renamed, "text/html");
    for (const element of body.querySelectorAll("[data-style]")) {
      const { style } = document.createElement("span");
      style.cssText = element.dataset.style;
      element.removeAttribute("data-style");
      for (const [name, applies] of ELEMENTS) {
        if (!applies(style)) continue;
        const wrapper = document.createElement(name);
        wrapper.append(...element.childNodes);
        element.append(wrapper);
      }
      // Google Docs wraps what is copied in <b style="font-weight: normal">.
      if (element.matches("b, strong") && style.fontWeight === "normal") element.replaceWith(...element.childNodes);
    }
    return body.innerHTML;
  };

  // As the sanitiser does: the editor makes plain paragraphs of levels that it does not know.
  const withOfferedHeadings = (html) => html.replace(/<(\/?)h([156])(?=[\s>])/gi, (_, end, level) => `<${end}h${level === "1" ? 2 : 4}`);

  for (const text of document.querySelectorAll("textarea[data-django-prose-editor-configurable]")) {
    const html = withoutStyles(text.value);
    if (html !== text.value) text.value = html;
  }
  document.addEventListener("prose-editor:ready", ({ detail: { editor, textarea } }) => {
    const label = textarea.labels[0];
    if (label) {
      label.id ||= `${textarea.id}_label`;
      editor.view.dom.setAttribute("aria-labelledby", label.id);
      label.addEventListener("click", () => editor.commands.focus());
    }
    editor.view.dom.setAttribute("aria-multiline", "true");
    const { transformPastedHTML } = editor.view.props;
    editor.view.setProps({
      transformPastedHTML: (html, view) => {
        const clean = withOfferedHeadings(withoutStyles(html));
        return transformPastedHTML ? transformPastedHTML(clean, view) : clean;
      },
    });
  });
}
