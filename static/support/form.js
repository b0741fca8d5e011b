// Live checks for forms marked `data-checked`. The rules and the sentences are the server's: they
// stand as attributes on the fields. Without this file the server says the same after sending.
(() => {
  "use strict";

  const fill = (sentence, limit, shown) =>
    sentence.replace("%(limit_value)d", limit).replace("%(show_value)d", shown)
      .replace("%(limit)s", limit).replace("%(count)s", shown);

  const number = new Intl.NumberFormat(document.documentElement.lang);

  // As the server counts: trimmed, a line break is one character, an emoji is what it is made of.
  const lengthOf = (field) => [...field.value.trim()].length;

  function problemOf(field) {
    const say = (code) => field.getAttribute(`data-message-${code}`) || field.validationMessage;
    if (field.type === "file") return problemOfFiles(field);
    const length = lengthOf(field);
    if (!length) return field.required ? say("required") : "";
    const { max } = field.dataset;
    if (max && length > Number(max)) return fill(say("max_length"), max, length);
    if (field.type === "email" && !/^[^\s@]+@[^\s@]+\.[^\s@.]+$/.test(field.value.trim())) {
      return say("invalid");
    }
    return "";
  }

  function problemOfFiles(field) {
    const { maxFiles, maxBytes } = field.dataset;
    if (field.files.length > Number(maxFiles)) return field.dataset.messageCount;
    const large = [...field.files].find((file) => file.size > Number(maxBytes));
    return large ? field.dataset.messageSize.replace("%(name)s", large.name) : "";
  }

  function show(field, problem) {
    const place = document.getElementById(`${field.id}_error`);
    if (!place || place.textContent.trim() === problem) return;
    place.textContent = problem;
    if (problem) {
      field.setAttribute("aria-invalid", "true");
      const described = (field.getAttribute("aria-describedby") || "").split(" ").filter(Boolean);
      field.setAttribute("aria-describedby", [...new Set([...described, place.id])].join(" "));
    } else {
      field.removeAttribute("aria-invalid");
    }
  }

  const isChecked = (field) =>
    field.matches?.("input:not([type=hidden]):not([tabindex='-1']), select, textarea") &&
    field.closest("form[data-checked]");

  function count(field) {
    const counter = document.querySelector(`[data-counter="${field.id}"]`);
    if (!counter) return;
    const max = Number(field.dataset.max);
    const length = lengthOf(field);
    counter.textContent = fill(counter.dataset.text, number.format(max), number.format(length));
    counter.hidden = false;
    counter.classList.toggle("over", length > max);
  }

  // What is wrong is said when a field is left, and taken back as soon as it is right. While a
  // button is being pressed it waits: a sentence that appears would push the button away.
  let pressing = false;
  const left = [];
  const say = (field) => {
    if (field.value) show(field, problemOf(field));
  };
  const release = () => setTimeout(() => {
    pressing = false;
    left.splice(0).forEach(say);
  });
  document.addEventListener("pointerdown", () => { pressing = true; }, true);
  document.addEventListener("pointerup", release, true);
  document.addEventListener("pointercancel", release, true);
  document.addEventListener("focusout", ({ target }) => {
    if (!isChecked(target)) return;
    if (pressing) left.push(target);
    else say(target);
  });
  document.addEventListener("input", ({ target }) => {
    if (!isChecked(target)) return;
    count(target);
    const length = target.dataset.max ? lengthOf(target) : 0;
    const over = length > Number(target.dataset.max || Infinity);
    if (target.getAttribute("aria-invalid") || over) show(target, problemOf(target));
  });
  document.addEventListener("change", ({ target }) => {
    if (isChecked(target) && target.matches("select, [type=file]")) show(target, problemOf(target));
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-checked]")) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    const wrong = [...form.elements].filter((field) => {
      if (!isChecked(field)) return false;
      const problem = problemOf(field);
      show(field, problem);
      return problem;
    });
    if (wrong.length) {
      event.preventDefault();
      event.stopImmediatePropagation();
      wrong[0].focus();
      return;
    }
    if (form.hasAttribute("hx-post")) return;
    form.dataset.sent = "yes";
    const button = form.querySelector("button[type=submit]");
    button.setAttribute("aria-busy", "true");
    button.dataset.label = button.textContent;
    if (form.dataset.sending) button.textContent = form.dataset.sending;
  }, true);

  // A page that the Back button brings back is ready to be sent again.
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      const button = form.querySelector("button[type=submit]");
      button.removeAttribute("aria-busy");
      button.textContent = button.dataset.label;
    }
  });

  function start() {
    for (const form of document.querySelectorAll("form[data-checked]")) form.noValidate = true;
    for (const counter of document.querySelectorAll("[data-counter]")) {
      count(document.getElementById(counter.dataset.counter));
    }
  }
  start();
  document.addEventListener("htmx:load", start);
  document.querySelector("[aria-invalid=true], #form-errors")?.focus();
})();
