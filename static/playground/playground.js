// The playground: times as the reader's clock shows them, a chat that stays at its end, fields that
// empty once their message is sent, and no looking for news while nobody looks at the page.
(() => {
  "use strict";

  const language = document.documentElement.lang;
  const clock = new Intl.DateTimeFormat(language, { timeStyle: "medium" });

  function localise() {
    for (const time of document.querySelectorAll("time[datetime]:not([title])")) {
      const moment = new Date(time.dateTime);
      time.title = moment.toLocaleString(language);
      time.textContent = clock.format(moment);
    }
  }

  const chat = document.getElementById("chat");
  const toEnd = () => { if (chat) chat.scrollTop = chat.scrollHeight; };
  localise();
  toEnd();
  document.addEventListener("htmx:oobAfterSwap", localise);
  if (chat) {
    new MutationObserver(toEnd).observe(chat, { childList: true, subtree: true });
    chat.addEventListener("load", toEnd, true);  // a picture grows when it has come
  }
  addEventListener("hashchange", toEnd);  // on a phone the chat has no height until it is shown

  // What was typed meanwhile stays, and so does what a ready-made sample did not take along.
  const sent = new Map();
  const fieldsOf = (form) => form.querySelectorAll("[name=text], [name=file]");
  document.addEventListener("htmx:configRequest", ({ target, detail }) => {
    if (!target.matches("form[data-clears]")) return;
    const own = !detail.parameters.sample;
    for (const field of fieldsOf(target)) sent.set(field, own ? field.value : null);
  });
  document.addEventListener("htmx:afterRequest", ({ target, detail }) => {
    if (!detail.successful || !target.matches("form[data-clears]")) return;
    for (const field of fieldsOf(target)) if (field.value === sent.get(field)) field.value = "";
  });

  // Enter sends a chat message, with shift it breaks the line.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    if (!event.target.matches("[data-sends]")) return;
    event.preventDefault();
    event.target.form.requestSubmit(event.target.form.querySelector(".chat-send"));
  });

  document.addEventListener("reset", ({ target }) => {
    if (!target.matches("[data-conduct]")) return;
    setTimeout(() => {
      for (const box of target.querySelectorAll("[type=checkbox]")) box.checked = false;
      target.dispatchEvent(new Event("change", { bubbles: true }));
    });
  });

  const poll = () => document.getElementById("poll");
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (document.hidden && event.target === poll()) event.preventDefault();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) window.htmx?.trigger(document.body, "news");
  });
})();
