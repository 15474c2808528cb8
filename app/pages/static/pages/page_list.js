// Moves pages in the list: by dragging the handle of a row with a mouse, a pen or a finger, and by the buttons of the row.
// The buttons work without this file too; with it, the focus stays on the page that was moved and the outcome is spoken.
{
  const form = document.getElementById("page-move");
  const status = document.getElementById("page-moved");
  const handles = () => [...document.querySelectorAll("details.page-move")];
  const KEPT = "page-moved";
  const NEAR_EDGE = 60; // pixels, where a list that is dragged over scrolls
  const CLICK = 5; // pixels that a finger moves while it presses

  const say = (text) => {
    // A region that changes after it is there is spoken.
    setTimeout(() => (status.textContent = text), 100);
  };

  const send = async (value, pageId) => {
    const data = new FormData(form);
    data.set("move", value);
    try {
      const response = await fetch(form.action, { method: "POST", body: data, headers: { Accept: "application/json" } });
      const { message } = await response.json();
      sessionStorage.setItem(KEPT, JSON.stringify({ pageId, message }));
      location.reload();
    } catch {
      status.classList.remove("visually-hidden"); // the list has no message of this
      say(status.dataset.failed);
    }
  };

  form?.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!button) return;
    event.preventDefault();
    send(button.value, button.closest("details").dataset.page);
  });

  // After the list was loaded again
  const kept = sessionStorage.getItem(KEPT);
  if (kept && form) {
    sessionStorage.removeItem(KEPT);
    const { pageId, message } = JSON.parse(kept);
    say(message.replace(/<[^>]*>/g, ""));
    const moved = handles().find((handle) => handle.dataset.page === pageId);
    moved?.closest("tr").classList.add("was-moved");
    moved?.querySelector("summary").focus();
  }

  document.addEventListener("keydown", (event) => {
    const open = event.key === "Escape" && document.activeElement?.closest("details.page-move[open]");
    if (!open) return;
    open.open = false;
    open.querySelector("summary").focus();
  });

  // Where a page would go: seen from the row under the pointer. After a row with pages below it is before the first one.
  const placeAt = (x, y, dragged) => {
    const row = document.elementFromPoint(x, y)?.closest("#result_list tbody tr");
    const target = row?.querySelector("[data-seen]");
    if (!target || target === dragged) return null;
    const { top, height } = row.getBoundingClientRect();
    const part = (y - top) / height;
    const next = row.nextElementSibling?.querySelector("[data-seen]");
    if (part > 0.7 && next && next !== dragged && Number(next.dataset.depth) > Number(target.dataset.depth)) {
      return { row: next.closest("tr"), target: next, side: "before" };
    }
    return { row, target, side: part < 0.3 ? "before" : part > 0.7 ? "after" : "inside" };
  };

  const mark = (place) => {
    for (const row of document.querySelectorAll("tr[data-drop]")) row.removeAttribute("data-drop");
    if (place) place.row.dataset.drop = place.side;
  };

  for (const dragged of handles()) {
    const summary = dragged.querySelector("summary");
    let start = null;
    let dragging = false;
    let place = null;

    const end = () => {
      start = place = null;
      mark(null);
      dragged.closest("tr").classList.remove("is-dragged");
    };
    const cancel = (event) => {
      if (event.key === "Escape" && dragging) end();
    };

    summary.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      start = { x: event.clientX, y: event.clientY };
      dragging = false;
      summary.setPointerCapture(event.pointerId);
      document.addEventListener("keydown", cancel);
    });
    summary.addEventListener("pointermove", (event) => {
      if (!start) return;
      if (!dragging && Math.hypot(event.clientX - start.x, event.clientY - start.y) < CLICK) return;
      dragging = true;
      dragged.closest("tr").classList.add("is-dragged");
      place = placeAt(event.clientX, event.clientY, dragged);
      mark(place);
      if (event.clientY < NEAR_EDGE) scrollBy(0, -12);
      if (event.clientY > innerHeight - NEAR_EDGE) scrollBy(0, 12);
    });
    summary.addEventListener("pointerup", () => {
      document.removeEventListener("keydown", cancel);
      if (start && dragging && place) {
        const { target, side } = place;
        const seen = `${dragged.dataset.seen} ${target.dataset.seen}`;
        send(`${dragged.dataset.page} ${side} ${target.dataset.page} ${seen}`, dragged.dataset.page);
      }
      end();
    });
    summary.addEventListener("pointercancel", end);
    summary.addEventListener("click", (event) => {
      if (dragging) event.preventDefault(); // the end of a drag opens nothing
      dragging = false;
    });
  }
}
