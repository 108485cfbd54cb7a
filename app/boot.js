// Runs before everything else: keeps an account of errors, speaks the reader's language in the
// static shell, and says so if the page cannot start.
window.__errors = [];
const note = (text) => window.__errors.push(String(text));
addEventListener("error", (event) => {
  // An element that did not load (a script, the wasm) reports here too, without a message.
  const source = event.target?.src || event.target?.href;
  note(event.message || `cannot be loaded: ${source || "a part of the page"}`);
  document.documentElement.classList.add("failed");
}, true);
addEventListener("unhandledrejection", (event) => {
  note(event.reason?.stack || event.reason);
  document.documentElement.classList.add("failed");
});
let language = navigator.language;
try {
  language = localStorage.getItem("confab.language") || language;
} catch {
  // Storage is refused: the browser's own language will do.
}
document.documentElement.lang = /^zh\b/i.test(language) ? "zh-Hans" : "en";
