// The moderators' pages: keys, decisions without loading the page again, undo, times, passkeys. Everything but passkeys
// works without it. Copyright: the authors of spipconv. Licence: MIT.

const UNDO = "[data-undo]";
const REVIEW = ".review";
const KEYS_OFF = "spipconv-moderation-keys-off";

const words = document.getElementById("words")?.dataset ?? {};
const reviews = document.getElementById("reviews");
const bulk = document.getElementById("bulk");
const help = document.getElementById("help");

// ---- times: as the browser's user writes them, instead of UTC

function showTimes() {
  const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  for (const time of document.querySelectorAll('time[datetime$="Z"]')) {
    time.title = time.textContent;
    time.textContent = format.format(new Date(time.dateTime));
  }
}

// ---- what is said

function say(sentence) {
  const live = document.getElementById("live");
  // The same sentence twice is said twice.
  live.textContent = "";
  setTimeout(() => {
    live.textContent = sentence;
  }, 50);
}

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function hiddenField(name, value) {
  return element("input", { type: "hidden", name, value });
}

// ---- decisions

function open() {
  return reviews ? [...reviews.querySelectorAll(REVIEW)].filter((review) => !review.hidden) : [];
}

function current() {
  return document.activeElement?.closest?.(REVIEW) ?? null;
}

function focusOn(review) {
  if (!review) {
    return;
  }
  review.focus({ preventScroll: true });
  review.scrollIntoView({ block: "nearest" });
}

function step(by) {
  const all = open();
  const at = all.indexOf(current());
  const start = by > 0 ? -1 : all.length;
  focusOn(all[Math.min(Math.max((at < 0 ? start : at) + by, 0), all.length - 1)]);
}

async function post(form, submitter) {
  const body = new URLSearchParams(new FormData(form));
  if (submitter?.name) {
    body.append(submitter.name, submitter.value);
  }
  const response = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
  const answer = await response.json();
  if (!response.ok) {
    throw new Error(answer.error?.message ?? "");
  }
  return answer;
}

// Send a form that decides or undoes, and show what became of it. Pages of forms that fail stay as they are.
async function send(form, submitter) {
  const busy = form.closest(REVIEW) ?? form;
  if (busy.classList.contains("is-busy")) {
    return;
  }
  busy.classList.add("is-busy");
  try {
    const { notices, counts } = await post(form, submitter);
    const sentences = notices.map((notice) => show(notice));
    count(counts);
    say(sentences.join(" "));
  } catch (error) {
    complain(error instanceof TypeError || error instanceof SyntaxError ? "" : error.message);
  } finally {
    busy.classList.remove("is-busy");
    countSelected();
  }
}

function complain(sentence) {
  const text = sentence || words.failed;
  const notices = document.getElementById("notices");
  notices.replaceChildren(element("div", { className: "error", role: "alert" }, element("p", { textContent: text })));
  notices.scrollIntoView({ block: "nearest" });
}

function show(notice) {
  const review = document.getElementById(`message-${notice.message}`);
  document.getElementById(`decided-${notice.message}`)?.remove();
  if (!review) {
    return notice.sentence;
  }
  if (notice.version) {
    setVersion(review, notice);
  }
  const isBack = notice.is_done && !notice.decision;
  const next = nextOf(review);
  const hadFocus = review.contains(document.activeElement) || document.activeElement === document.body;
  review.hidden = !isBack;
  if (isBack) {
    focusOn(review);
  } else {
    review.querySelector('input[type="checkbox"]').checked = false;
    review.before(describe(notice));
    if (hadFocus) {
      focusOn(next);
    }
  }
  offerMore();
  return notice.sentence;
}

function setVersion(review, { message, version }) {
  for (const field of review.querySelectorAll('input[name="message"]')) {
    field.value = `${message}:${version}`;
  }
}

function nextOf(review) {
  const all = open();
  const at = all.indexOf(review);
  return all[at + 1] ?? all[at - 1] ?? null;
}

function describe(notice) {
  const line = element("div", { className: "decided review", id: `decided-${notice.message}` });
  line.classList.remove("review");
  line.classList.toggle("is-missed", !notice.is_done);
  line.append(element("p", { textContent: notice.sentence }));
  if (notice.seconds) {
    const form = element("form", { method: "post", action: new URL("undo", document.forms.bulk.action).href });
    form.dataset.undo = "";
    const button = element("button", { className: "second", textContent: `${words.undo} ` }, keyOf("u"));
    form.append(hiddenField("token", document.forms.bulk.elements.token.value));
    form.append(hiddenField("decision", notice.decision), button);
    line.append(form);
    expire(form, notice.seconds);
  }
  return line;
}

function keyOf(key) {
  return element("kbd", { textContent: key });
}

function expire(form, seconds) {
  setTimeout(() => {
    const hadFocus = form.contains(document.activeElement);
    form.remove();
    if (hadFocus) {
      focusOn(open()[0]);
    }
  }, seconds * 1000);
}

function offerMore() {
  const isDone = open().length === 0;
  let more = document.getElementById("more");
  if (isDone && !more) {
    more = element("p", { id: "more", className: "empty", textContent: `${words.allDone} ` });
    more.append(element("a", { href: location.href.split("#")[0], textContent: words.more }));
    reviews.after(more);
    more.querySelector("a").focus();
  } else if (!isDone) {
    more?.remove();
  }
  if (bulk) {
    bulk.hidden = isDone;
  }
}

function count(counts) {
  for (const [status, number] of Object.entries(counts)) {
    const place = document.querySelector(`[data-count="${status}"]`);
    if (place) {
      place.textContent = number;
    }
  }
}

function undo() {
  const forms = [...document.querySelectorAll(UNDO)];
  // The last decision is the one with the highest number.
  const numberOf = (form) => Number(form.elements.decision.value);
  forms.sort((one, other) => numberOf(other) - numberOf(one));
  if (forms[0]) {
    send(forms[0]);
  }
}

// ---- several at once

function selected() {
  return open().map((review) => review.querySelector('input[type="checkbox"]')).filter((box) => box.checked);
}

function countSelected() {
  if (!bulk) {
    return;
  }
  const number = selected().length;
  bulk.classList.toggle("has-selection", number > 0);
  document.getElementById("selected").textContent = `${words.selected} ${number}`;
  for (const button of bulk.querySelectorAll(".actions button")) {
    button.disabled = number === 0;
  }
  const all = document.getElementById("select-all");
  all.checked = number > 0 && number === open().length;
  all.indeterminate = number > 0 && number < open().length;
}

function selectAll(isOn) {
  for (const review of open()) {
    review.querySelector('input[type="checkbox"]').checked = isOn;
  }
  countSelected();
}

// ---- keys

function keysAreOn() {
  try {
    return localStorage.getItem(KEYS_OFF) === null;
  } catch {
    return true;
  }
}

function press(key) {
  const review = current() ?? open()[0];
  const button = review?.querySelector(`button[aria-keyshortcuts="${key}"]`);
  if (button && current()) {
    button.form.requestSubmit(button);
  } else {
    // The first key shows which message it would be about.
    focusOn(review);
  }
}

function select() {
  const box = current()?.querySelector('input[type="checkbox"]');
  if (box) {
    box.checked = !box.checked;
    countSelected();
  }
}

const ACTIONS = {
  j: () => step(1),
  k: () => step(-1),
  a: () => press("a"),
  r: () => press("r"),
  s: () => press("s"),
  h: () => press("h"),
  u: undo,
  x: select,
  "?": () => help.showModal(),
};

function isTyping(target) {
  return target.closest("textarea, select, [contenteditable], input:not([type=checkbox], [type=radio], [type=submit])");
}

function onKey(event) {
  const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.isComposing && !event.repeat;
  const isStep = event.key === "j" || event.key === "k";
  if ((!isPlain && !(isStep && event.repeat)) || help.open || isTyping(event.target)) {
    return;
  }
  const action = Object.hasOwn(ACTIONS, event.key) ? ACTIONS[event.key] : null;
  if (action && (event.key === "?" || keysAreOn())) {
    event.preventDefault();
    action();
  }
}

function setUpHelp() {
  const button = document.getElementById("show-help");
  button.hidden = false;
  button.addEventListener("click", () => help.showModal());
  const box = document.getElementById("use-keys");
  box.checked = keysAreOn();
  box.addEventListener("change", () => {
    try {
      if (box.checked) {
        localStorage.removeItem(KEYS_OFF);
      } else {
        localStorage.setItem(KEYS_OFF, "1");
      }
    } catch {
      // Without storage, the keys stay on.
    }
  });
}

// On a phone, the buttons come first; the source is a tap away.
function foldSources() {
  if (matchMedia("(max-width: 40rem)").matches) {
    for (const source of document.querySelectorAll(".written")) {
      source.open = false;
    }
  }
}

function setUpQueue() {
  foldSources();
  document.addEventListener("keydown", onKey);
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches(`[data-decide], ${UNDO}, #bulk`)) {
      event.preventDefault();
      if (form !== bulk || event.submitter?.value) {
        send(form, event.submitter);
      }
    }
  });
  setUpHelp();
  for (const form of document.querySelectorAll(UNDO)) {
    expire(form, Number(form.dataset.undo));
  }
  if (bulk) {
    const all = document.getElementById("select-all");
    all.closest("label").hidden = false;
    all.addEventListener("change", () => selectAll(all.checked));
    reviews.addEventListener("change", countSelected);
    countSelected();
  }
}

// ---- passkeys

function decode(text) {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

function encode(buffer) {
  const binary = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function readOptions(json) {
  const options = JSON.parse(json);
  options.challenge = decode(options.challenge);
  if (options.user) {
    options.user.id = decode(options.user.id);
  }
  for (const list of ["excludeCredentials", "allowCredentials"]) {
    options[list] = (options[list] ?? []).map((known) => ({ ...known, id: decode(known.id) }));
  }
  return options;
}

function writeCredential({ id, rawId, type, response, authenticatorAttachment }) {
  const names = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  const buffers = names.filter((name) => response[name]).map((name) => [name, encode(response[name])]);
  const parts = { id, rawId: encode(rawId), type, authenticatorAttachment, clientExtensionResults: {} };
  return JSON.stringify({ ...parts, response: Object.fromEntries(buffers) });
}

function setUpPasskey(form) {
  if (!window.PublicKeyCredential) {
    return;
  }
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    if (form.elements.answer.value) {
      return;
    }
    event.preventDefault();
    const method = form.dataset.passkey;
    try {
      const credential = await navigator.credentials[method]({ publicKey: readOptions(form.dataset.options) });
      answerWith(form, writeCredential(credential));
    } catch {
      form.querySelector('[role="status"]').textContent = form.dataset.failure;
    }
  });
}

function answerWith(form, credential) {
  form.elements.answer.value = credential;
  form.requestSubmit();
}

showTimes();
if (help) {
  setUpQueue();
}
for (const form of document.querySelectorAll("[data-passkey]")) {
  setUpPasskey(form);
}
