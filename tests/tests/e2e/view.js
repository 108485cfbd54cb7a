// All that a person could see of the page, at one moment, as data.
const text = (element) => (element ? element.textContent : "");
const data = (element) => ({ ...element.dataset });
const all = (id) => [...document.querySelectorAll(`[data-testid="${id}"]`)];
const errors = window.__errors;
return {
  url: location.href,
  title: document.title,
  // A page that is just being loaded anew may have nothing yet.
  language: document.documentElement?.lang ?? "",
  errors: Array.isArray(errors) ? errors.map((error) => String(error)) : null,
  rows: all("message").map((row) => ({
    entry: row.dataset.entry || null,
    author: row.dataset.author || "",
    state: row.dataset.state || "",
    held_by: Number(row.dataset.heldBy || 0),
    priority: row.dataset.priority || "",
    body: text(row.querySelector('[data-testid="message-body"]')),
  })),
  members: all("member").map((member) => ({
    member: member.dataset.member || "",
    online: member.dataset.online === "true",
    text: text(member),
  })),
  elements: [...document.querySelectorAll("[data-testid]")]
    .filter((element) => !["message", "message-body", "member"].includes(element.dataset.testid))
    .map((element) => ({
      id: element.dataset.testid,
      text: text(element).trim(),
      value: typeof element.value === "string" ? element.value : null,
      data: data(element),
      visible: element.checkVisibility({ visibilityProperty: true }),
      enabled: !element.disabled,
    })),
};
