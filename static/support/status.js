// The status page: times as the reader's clock shows them, the link to copy, and no looking for
// news while nobody looks at the page.
(() => {
  "use strict";

  const language = document.documentElement.lang;
  const clock = new Intl.DateTimeFormat(language, { timeStyle: "short" });
  const calendar = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });

  function localise(root) {
    for (const time of root.querySelectorAll("time[datetime]:not([title])")) {
      const moment = new Date(time.dateTime);
      const today = moment.toDateString() === new Date().toDateString();
      time.title = calendar.format(moment);
      time.textContent = today ? clock.format(moment) : time.title;
    }
  }

  localise(document);
  document.addEventListener("htmx:load", ({ target }) => localise(target.parentElement || target));

  for (const button of document.querySelectorAll("[data-copy]")) {
    if (!navigator.clipboard) continue;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).value);
      const before = button.textContent;
      button.textContent = button.dataset.copied;
      setTimeout(() => { button.textContent = before; }, 2000);
    });
  }
  document.addEventListener("focusin", ({ target }) => {
    if (target.matches("input[readonly]")) target.select();
  });

  const poll = () => document.getElementById("poll");
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (document.hidden && event.target === poll()) event.preventDefault();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) window.htmx?.trigger(document.body, "news");
  });
})();
