// Files that are dropped on the area are those of its input, which works without this script too.
for (const area of document.querySelectorAll(".media-drop")) {
  const input = area.querySelector("input[type=file]");
  const chosen = area.querySelector(".media-chosen");
  const over = (is) => area.classList.toggle("is-over", is);
  const show = () => {
    chosen.replaceChildren(
      ...Array.from(input.files, (file) => {
        const item = document.createElement("li");
        const tooLarge = file.size > Number(area.dataset.megabytes) * 2 ** 20;
        item.textContent = tooLarge ? `${file.name}: ${area.dataset.tooLarge}` : file.name;
        item.classList.toggle("is-too-large", tooLarge);
        return item;
      }),
    );
  };
  input.addEventListener("change", show);
  for (const name of ["dragenter", "dragover"]) {
    area.addEventListener(name, (event) => {
      event.preventDefault();
      over(true);
    });
  }
  area.addEventListener("dragleave", () => over(false));
  area.addEventListener("drop", (event) => {
    event.preventDefault();
    over(false);
    if (!event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    show();
  });
}
