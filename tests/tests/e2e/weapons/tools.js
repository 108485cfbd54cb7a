// Put into a page once: bait that tells if anything ran or was fetched, and hands that fill fields
// quicker than keys can be pressed.
const find = (id) => document.querySelector(`[data-testid="${id}"]`);
const all = (id) => [...document.querySelectorAll(`[data-testid="${id}"]`)];
const bodies = () => all("message-body").map((body) => body.textContent);
const tags = (names) => document.querySelectorAll(names).length;

// What has run or was fetched.
window.__pwned = [];
window.__foreign = [];
window.pwned = () => window.__pwned.push("a script");
for (const name of ["alert", "confirm", "prompt", "print", "open"]) {
  window[name] = () => window.__pwned.push(name);
}
addEventListener("securitypolicyviolation", (event) => {
  window.__foreign.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sample}`);
});
new PerformanceObserver((list) => {
  const names = list.getEntries().map((entry) => entry.name);
  window.__foreign.push(...names.filter((name) => new URL(name).origin !== location.origin));
}).observe({ type: "resource", buffered: true });

// What no text may become: the first kind is nowhere on the page, of the second there is no more
// than there was.
const NOWHERE = "img,image,iframe,frame,object,embed,video,audio,source,track,picture,base,math,"
  + "marquee,foreignObject,animate,set,portal,template,xmp,plaintext,slot,applet,h4,h5,h6,table";
const AS_BEFORE = "script,link,style,meta,form,main,h1";
const before = tags(AS_BEFORE);

// The string of a line of the corpus.
const read = (line) => {
  const [, times, rest] = line.match(/^@(\d+) (.*)$/) ?? [null, 1, line];
  return JSON.parse(`"${rest}"`).repeat(Number(times));
};
// What a field makes of it: half letters are none in UTF-8, and an end of line is one sign.
const typed = (text) => text.toWellFormed().replace(/\r\n?/g, "\n");
// What is said of it: without the space behind it, and not at all if there is nothing to be seen.
const said = (text) => typed(text).replace(/\p{White_Space}+$/u, "");
const blank = (text) => /^[\p{White_Space}\p{Default_Ignorable_Code_Point}]*$/u.test(text);

// The beginning of a text, for people.
const short = (text) => JSON.stringify(text ?? null).slice(0, 100);
// What reaches furthest to a side, for people.
const widest = (frame) => {
  const end = (one) => one.getBoundingClientRect().right;
  const all = [...frame.querySelectorAll("*")].sort((one, other) => end(other) - end(one));
  return all.slice(0, 3).map((one) => `${one.tagName} ${one.className} ${short(one.textContent)}`);
};

const channel = new MessageChannel();
let waiting = null;
channel.port1.onmessage = () => waiting?.();
const turn = () => new Promise((next) => {
  waiting = next;
  channel.port2.postMessage(0);
});
const until = async (what, shown) => {
  const end = performance.now() + 20000;
  while (!shown()) {
    if (performance.now() > end) throw new Error(`in vain: ${what()}`);
    await turn();
  }
};
const fill = (field, text) => {
  field.value = text;
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
};
const send = async (text) => {
  const composer = find("composer");
  await until(() => "the composer is empty", () => composer.value === "");
  fill(composer, text);
  find("send").click();
  await until(() => `${short(text)} is sent`, () => composer.value === "");
};

window.weapons = {
  // The strings that are something to be said, as they have to arrive.
  expected: (lines) => lines.map(read).filter((text) => !blank(typed(text))).map(said),
  // Sends them as messages.
  async sendAll(lines) {
    const texts = lines.map(read).filter((text) => !blank(typed(text)));
    for (const text of texts) await send(text);
    return texts.length;
  },
  // Gives the last messages these words instead, each another's.
  async editAll(lines) {
    const texts = this.expected(lines);
    const last = () => all("message").slice(-texts.length);
    await until(() => `all is drawn: ${this.wrong(lines, 0)}`, () => {
      find("jump")?.click();
      return this.wrong(lines, 0) === null && last().every((row) => row.dataset.entry);
    });
    const keys = last().map((row) => row.dataset.key);
    for (const [at, key] of keys.entries()) {
      const text = texts[(at + 1) % texts.length];
      // Rows may be drawn anew at any time: each is looked for when it is needed.
      const row = () => document.querySelector(`[data-testid="message"][data-key="${key}"]`);
      const there = texts[at];
      const words = () => row()?.querySelector('[data-testid="message-body"]').textContent;
      await until(() => `${short(there)} is there: ${short(words())}`, () => words() === there);
      row().querySelector('[data-testid="edit-message"]').click();
      await until(
        () => `${short(there)} is edited: ${short(find("composer").value)}`,
        () => find("composer").value === there,
      );
      fill(find("composer"), text);
      find("send").click();
      await until(() => `${short(text)} is taken`, () => find("composer").value === "");
    }
    return keys.length;
  },
  // The first of the last messages that does not say what it should; `by`: one of another place.
  wrong(lines, by) {
    const texts = this.expected(lines);
    const there = bodies().slice(-texts.length);
    const wanted = texts.map((_, at) => texts[(at + by) % texts.length]);
    const at = wanted.findIndex((text, at) => text !== there[at]);
    return at < 0 ? null : JSON.stringify([wanted[at], there[at] ?? null]).slice(0, 600);
  },
  // All that must not be, in words.
  verdict() {
    const list = find("message-list");
    const root = document.documentElement;
    const inside = list ? list.scrollWidth - list.clientWidth : 0;
    const wide = Math.max(root.scrollWidth - innerWidth, inside);
    const everything = [...document.querySelectorAll("body *:not(script)")];
    const attributes = everything.flatMap((one) => one.getAttributeNames());
    const links = [...document.querySelectorAll("a[href]")];
    const bad = links.filter((one) => !/^(https?|mailto):$/.test(one.protocol));
    return [
      ...window.__pwned.map((how) => `ran: ${how}`),
      ...window.__foreign.map((what) => `fetched or refused: ${what}`),
      ...window.__errors.map((error) => `error: ${error}`),
      ...(tags(NOWHERE) > 0 ? ["a text has become an element"] : []),
      ...(tags(AS_BEFORE) > before ? ["a text has become a part of the page"] : []),
      ...attributes.filter((name) => /^on|^style$|^src/.test(name)).map((name) => `has ${name}`),
      ...bad.map((one) => `a link to ${one.href}`),
      ...(wide > 0 ? [`${wide} pixels too wide: ${widest(list ?? root)}`] : []),
    ];
  },
};
return before;
