// Ctrl + Enter (or Cmd + Enter) sends the reply. What was typed survives a reload or a sign-in,
// until it stands in the conversation.
document.querySelectorAll("form[data-send-shortcut]").forEach((form) => {
  const text = form.querySelector("textarea");
  const key = `reply:${form.getAttribute("action")}`;
  const kept = sessionStorage.getItem(key) || "";
  const ours = ".ah-entry--staff .ah-entry__text, .ah-entry--note .ah-entry__text";
  const said = [...document.querySelectorAll(ours)].map((entry) => entry.textContent.trim());
  if (said.includes(kept.trim())) sessionStorage.removeItem(key);
  else if (!text.value) text.value = kept;
  text.addEventListener("input", () => sessionStorage.setItem(key, text.value));
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.querySelector("button[value=send]").click();
    }
  });
});

// A part of the page that refreshes itself is never replaced by the login page.
document.addEventListener("htmx:beforeSwap", (event) => {
  const id = event.detail.target.id;
  if (id && !event.detail.xhr.responseText.includes(`id="${id}"`)) {
    event.detail.shouldSwap = false;
    window.location.reload();
  }
});
