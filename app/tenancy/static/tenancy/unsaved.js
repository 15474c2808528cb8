// Asks before a form of the admin is left with changes that are not saved. The question is the browser's own.
"use strict";

addEventListener("load", () => {
  const form = document.querySelector("#content-main form[method=post]");
  if (!form) {
    return;
  }
  const values = () =>
    JSON.stringify([...new FormData(form)].map(([name, value]) => [name, value instanceof File ? value.name : value]));
  // A form that was refused, or that shows an earlier version, holds what is not saved yet.
  const saved = document.querySelector("#content-main :is(.errornote, .not-saved)") ? null : values();
  let isSent = false;
  form.addEventListener("submit", (event) => {
    isSent = event.submitter?.formTarget !== "_blank";
  });
  addEventListener("beforeunload", (event) => {
    if (!isSent && values() !== saved) {
      event.preventDefault();
    }
  });
});
