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

// What is offered goes into the reply box by one click, below what was typed there already; sent
// it is only by its own button. `used` tells which offer the reply was written from.
document.querySelectorAll("form[data-send-shortcut]").forEach((form) => {
  const text = form.querySelector("textarea");
  const used = form.querySelector("input[name=used]");
  let inserted = "";
  const insert = (offer, name) => {
    const typed = text.value.trim();
    text.value = typed && typed !== inserted.trim() ? `${typed}\n\n${offer}` : offer;
    inserted = text.value;
    used.value = name;
    text.dispatchEvent(new Event("input"));
    text.focus();
    text.setSelectionRange(text.value.length, text.value.length);
  };
  form.querySelectorAll("button[data-insert]").forEach((button) => {
    button.addEventListener("click", () => {
      insert(document.getElementById(button.dataset.insert).textContent, button.value);
    });
  });
  form.querySelectorAll("select[data-insert-chosen]").forEach((select) => {
    select.addEventListener("change", () => {
      if (select.value) insert(select.value, used.value);
      select.value = "";
    });
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
