// The status page: times as the reader's clock shows them, the link to copy, and no looking for
// news while nobody looks at the page.
(() => {
  "use strict";

  const language = document.documentElement.lang;
  // As the server writes it (config/formats), so that nothing changes its look while one reads.
  const calendar = new Intl.DateTimeFormat(language.startsWith("en") ? "en-GB" : language, {
    day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit",
  });

  function localise(root) {
    for (const time of root.querySelectorAll("time[datetime]:not([title])")) {
      time.title = time.textContent = calendar.format(new Date(time.dateTime));
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
