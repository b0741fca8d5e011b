// Ctrl + Enter (or Cmd + Enter) sends the reply; a draft of it survives a reload.
document.querySelectorAll("form[data-send-shortcut]").forEach((form) => {
  const text = form.querySelector("textarea");
  const key = `reply:${form.getAttribute("action")}`;
  if (!text.value) text.value = sessionStorage.getItem(key) || "";
  text.addEventListener("input", () => sessionStorage.setItem(key, text.value));
  form.addEventListener("submit", () => sessionStorage.removeItem(key));
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.querySelector("button[value=send]").click();
    }
  });
});
