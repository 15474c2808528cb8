// A click on the picture sets the two numbers of its focal point; the numbers move the mark.
for (const frame of document.querySelectorAll(".media-focal")) {
  const [x, y] = ["id_focal_x", "id_focal_y"].map((id) => document.getElementById(id));
  if (!x || !y) continue;
  const mark = document.createElement("span");
  mark.className = "media-point";
  frame.append(mark);
  frame.classList.add("is-editable");
  const show = () => {
    mark.style.left = `${x.value}%`;
    mark.style.top = `${y.value}%`;
  };
  frame.querySelector("img").addEventListener("click", (event) => {
    const box = event.target.getBoundingClientRect();
    x.value = Math.round(((event.clientX - box.left) / box.width) * 100);
    y.value = Math.round(((event.clientY - box.top) / box.height) * 100);
    show();
  });
  for (const input of [x, y]) input.addEventListener("input", show);
  show();
}
