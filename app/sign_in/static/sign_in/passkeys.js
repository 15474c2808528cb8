"use strict";
// A form with data-passkey asks the browser for a passkey when it is submitted: "create" makes one, "get" uses one.
// The request is in the element that data-options names; without it, the form's address returns it.
for (const form of document.querySelectorAll("form[data-passkey]")) {
  const button = form.querySelector("button[type=submit]");
  const problem = form.querySelector("[role=alert]");
  const tell = (text) => { problem.textContent = text; problem.hidden = false; };

  if (webauthnJSON.supported()) {
    button.hidden = false;
  } else {
    button.disabled = true;
    if (!("optional" in form.dataset)) tell(problem.dataset.unsupported);
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    problem.hidden = true;
    let options;
    if (form.dataset.options) {
      options = JSON.parse(document.getElementById(form.dataset.options).textContent);
    } else {
      const response = await fetch(form.action, { headers: { Accept: "application/json" } });
      const found = await response.json();
      if (!response.ok) return tell(found.message);
      options = found.request_options;
    }
    try {
      const credential = await webauthnJSON[form.dataset.passkey](options);
      form.elements.credential.value = JSON.stringify(credential);
    } catch (error) {
      return tell(problem.dataset.failed);
    }
    form.submit();
  });
}
