/**
 * The custom element <spip-preview endpoint="…">: around a form with a textarea, it shows the result of the SPIP markup
 * while it is typed. One module, no dependency, no inline script or style. Without it the form works as before.
 *
 * Copyright: the authors of spipconv. Licence: MIT.
 */

const TYPING_PAUSE = 300;
const SPEECH_PAUSE = 2000;
const PATIENCE = 15_000;
const FIRST_RETRY = 1000;
const LAST_RETRY = 30_000;
const DEFAULT_WAIT = 5;
const MOST_DIAGNOSTICS = 20;

// ------------------------------------------------------------------------------------------------------ sentences

/** By language: the translations of the sentences below, from the catalogues in spipconv/locale. */
// BEGIN: made by make translations
const CATALOGUES = {
  "fr": {
    "B": "G",
    "Bold": "Gras",
    "Discard draft": "Supprimer le brouillon",
    "Formatting": "Mise en forme",
    "Italic": "Italique",
    "Line {line}": "Ligne {line}",
    "Link": "Lien",
    "List": "Liste",
    "One thing to check in your text": [
      "Un point à vérifier dans votre texte",
      "{number} points à vérifier dans votre texte"
    ],
    "Preview": "Aperçu",
    "Preview updated.": "Aperçu mis à jour.",
    "Quote": "Citation",
    "Shift": "Maj",
    "The preview appears here as you type.": "L’aperçu s’affiche ici pendant que vous écrivez.",
    "The preview server does not accept requests from this site (CORS).": "Le serveur d’aperçu n’accepte pas les requêtes de ce site (CORS).",
    "The preview server is not responding: the preview is out of date. Retrying automatically.": "Le serveur d’aperçu ne répond pas : l’aperçu n’est plus à jour. Nouvel essai automatique.",
    "The preview server rejected this text (error {status}).": "Le serveur d’aperçu a refusé ce texte (erreur {status}).",
    "This text is too long to preview.": "Ce texte est trop long pour l’aperçu.",
    "Too many preview requests: next preview in {seconds} s.": "Trop de demandes d’aperçu : prochain aperçu dans {seconds} s.",
    "You are offline: the preview is out of date. It will resume automatically.": "Vous êtes hors ligne : l’aperçu n’est plus à jour. Il reprendra automatiquement.",
    "Your draft was restored.": "Votre brouillon a été récupéré.",
    "… and one more": [
      "… et un autre",
      "… et {number} autres"
    ]
  }
};
// END

/** Marks a sentence that is translated when it is shown. */
const mark = (sentence) => sentence;

/** The widget's sentences in a language; in English if that has no catalogue. */
class Sentences {
  #catalogue;

  constructor(language) {
    const name = language.toLowerCase().split(/[-_]/, 1)[0];
    const isKnown = Object.hasOwn(CATALOGUES, name);
    this.#catalogue = isKnown ? CATALOGUES[name] : {};
    this.language = isKnown ? name : "en";
  }

  /** Returns a sentence with values in place of the names in its braces. */
  translate(sentence, values = {}) {
    return fill(this.#catalogue[sentence] ?? sentence, values);
  }

  /** Returns the form of a sentence for so many things; `{number}` is their number. */
  translatePlural(singular, plural, number) {
    const forms = this.#catalogue[singular] ?? [singular, plural];
    const isSingular = new Intl.PluralRules(this.language).select(number) === "one";
    return fill(forms[isSingular ? 0 : 1], { number });
  }
}

const fill = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));

const RIGHT_TO_LEFT = new Set("ar arc ckb dv fa glk he ks mzn nqo pnb ps sd syr ug ur yi".split(" "));

/** @param {string} language */
function directionOf(language) {
  return RIGHT_TO_LEFT.has(language.toLowerCase().split(/[-_]/, 1)[0]) ? "rtl" : "ltr";
}

// ------------------------------------------------------------------------------------------- what may be shown

const XHTML = "http://www.w3.org/1999/xhtml";
const DEEPEST = 200;
const ELEMENTS = new Set(
  `a abbr b big bdi bdo blockquote br caption center cite code col colgroup dd del details dfn div dl dt em figcaption
  figure h1 h2 h3 h4 h5 h6 hr i ins kbd li mark ol p pre q rp rt ruby s samp small span strike strong sub summary sup
  table tbody td tfoot th thead time tr tt u ul var wbr`.split(/\s+/),
);
const DROPPED = new Set(
  `applet audio base button canvas embed frame frameset head iframe input link math meta noembed noframes object option
  plaintext script select style svg template textarea title video xmp`.split(/\s+/),
);
const CLASSES = new Set(
  "autobr even manualbr notes numeric odd offscreen precode row_even row_first row_odd summary table".split(" "),
);
const PROTOCOLS = new Set(
  ["http:", "https:", "mailto:", "ftp:", "tel:", "geo:", "news:", "sftp:", "sms:", "xmpp:"]);

const asIs = (value) => value;
const smallNumber = (value) => (/^-?\d{1,4}$/.test(value) ? value : null);
const oneOf = (...words) => (value) => (words.includes(value) ? value : null);
const isKnownClass = (name) => CLASSES.has(name) || (name.startsWith("spip") && !name.startsWith("spip-preview"));

/** By attribute: the value that is kept of a given one, or nothing. */
const ATTRIBUTES = {
  class: (value) => value.split(/\s+/).filter(isKnownClass).join(" ") || null,
  colspan: smallNumber,
  dir: oneOf("ltr", "rtl", "auto"),
  headers: (value, prefix) => value.replace(/\S+/g, (id) => prefix + id),
  hreflang: asIs,
  id: (value, prefix) => (value ? prefix + value : null),
  lang: asIs,
  role: oneOf("list"),
  rowspan: smallNumber,
  scope: oneOf("col", "colgroup", "row", "rowgroup"),
  start: smallNumber,
  title: asIs,
  value: smallNumber,
};

/** For pages that require Trusted Types: they name the policy `spip-preview` among those that they allow. */
function makePolicy() {
  try {
    return globalThis.trustedTypes?.createPolicy("spip-preview", { createHTML: asIs });
  } catch {
    return undefined;
  }
}

const policy = makePolicy();

/** Returns a document in which no script runs and nothing is loaded. */
function parseInertly(html) {
  return new DOMParser().parseFromString(policy ? policy.createHTML(html) : html, "text/html");
}

/**
 * Returns what may be shown of a server's HTML, rebuilt from an inert document; the server cleans it, too.
 *
 * @param {string} html
 * @param {string} prefix before every id, so that none is one of the page's
 * @returns {DocumentFragment}
 */
function harmless(html, prefix) {
  const fragment = document.createDocumentFragment();
  copyChildren(parseInertly(html).body, fragment, prefix, 0);
  return fragment;
}

function copyChildren(from, to, prefix, depth) {
  for (const child of from.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) to.append(child.data);
    else if (child.nodeType === Node.ELEMENT_NODE) copyElement(child, to, prefix, depth + 1);
  }
}

function copyElement(element, to, prefix, depth) {
  // Fields of a form may hide its properties.
  if (element instanceof HTMLFormElement || element.namespaceURI !== XHTML || DROPPED.has(element.localName)) return;
  if (depth > DEEPEST) return to.append(element.textContent);
  if (!ELEMENTS.has(element.localName)) return copyChildren(element, to, prefix, depth);
  const copy = document.createElement(element.localName);
  for (const { name, value } of element.attributes) {
    const kept = Object.hasOwn(ATTRIBUTES, name) ? ATTRIBUTES[name](value, prefix) : null;
    if (kept !== null) copy.setAttribute(name, kept);
  }
  if (element.localName === "a" && element.hasAttribute("href")) copyAddress(element.getAttribute("href"), copy, prefix);
  copyChildren(element, copy, prefix, depth);
  to.append(copy);
}

function copyAddress(address, link, prefix) {
  if (address.startsWith("#") && address.length > 1) {
    link.setAttribute("href", `#${prefix}${address.slice(1)}`);
    return;
  }
  if (!URL.canParse(address, document.baseURI)) return;
  if (!PROTOCOLS.has(new URL(address, document.baseURI).protocol)) return;
  link.setAttribute("href", address);
  link.target = "_blank";
  link.rel = "noopener nofollow ugc";
}

// ------------------------------------------------------------------------------------------------ the textarea

/** Replaces a part of a textarea as if it were typed, so that undo brings it back. */
function replaceText(field, start, end, text) {
  if (start === end && !text) return;
  field.focus();
  field.setSelectionRange(start, end);
  const isDone = document.execCommand(text ? "insertText" : "delete", false, text);
  if (isDone) return;
  field.setRangeText(text, start, end, "end");
  field.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertReplacementText", data: text }));
}

function selectionOf(field) {
  const { value } = field;
  let [start, end] = [field.selectionStart, field.selectionEnd];
  while (start < end && /\s/.test(value[start])) start += 1;
  while (end > start && /\s/.test(value[end - 1])) end -= 1;
  return { value, start, end, inner: value.slice(start, end) };
}

/** Adjacent markers would be read as one: {{ and { as the {{{ of a heading. */
const gap = (left, right) => (left === right && (left === "{" || left === "}") ? " " : "");

const surround = (before, after) => (field) => {
  const { value, start, end, inner } = selectionOf(field);
  const [first, last] = [start - before.length, end + after.length];
  const isInside =
    value.slice(first, start) === before && value.slice(end, last) === after && value[first - 1] !== before[0];
  if (isInside) {
    replaceText(field, first, last, inner);
    return field.setSelectionRange(first, first + inner.length);
  }
  const bare = inner.slice(before.length, inner.length - after.length);
  if (bare && inner.startsWith(before) && inner.endsWith(after) && bare[0] !== before.at(-1)) {
    replaceText(field, start, end, bare);
    return field.setSelectionRange(start, start + bare.length);
  }
  const opening = gap(value[start - 1], before[0]) + before + gap(before.at(-1), inner[0]);
  const closing = gap(inner.at(-1), after[0]) + after + gap(after.at(-1), value[end]);
  replaceText(field, start, end, opening + inner + closing);
  field.setSelectionRange(start + opening.length, start + opening.length + inner.length);
};

function insertLink(field) {
  const { start, end, inner } = selectionOf(field);
  const isAddress = /^(https?:\/\/|mailto:)\S+$/.test(inner);
  const address = isAddress ? inner : "https://";
  replaceText(field, start, end, isAddress ? `[->${address}]` : `[${inner}->${address}]`);
  if (isAddress) field.setSelectionRange(start + 1, start + 1);
  else field.setSelectionRange(start + inner.length + 3, start + inner.length + 3 + address.length);
}

function toggleList(field) {
  const { value, selectionStart, selectionEnd } = field;
  const start = selectionStart ? value.lastIndexOf("\n", selectionStart - 1) + 1 : 0;
  const last = selectionEnd > selectionStart && value[selectionEnd - 1] === "\n" ? selectionEnd - 1 : selectionEnd;
  const next = value.indexOf("\n", last);
  const end = next < 0 ? value.length : next;
  const lines = value.slice(start, end).split("\n");
  const isListed = lines.every((line) => line.startsWith("-* "));
  const changed = lines.map((line) => (isListed ? line.slice(3) : line || lines.length === 1 ? `-* ${line}` : line));
  const text = changed.join("\n");
  replaceText(field, start, end, text);
  if (selectionStart === selectionEnd) field.setSelectionRange(start + text.length, start + text.length);
  else field.setSelectionRange(start, start + text.length);
}

/** Returns the offset of a place; lines and columns count characters from 1. */
function offsetOf(text, line, column) {
  let offset = 0;
  for (let passed = 1; passed < line; passed += 1) {
    const end = text.indexOf("\n", offset);
    if (end < 0) break;
    offset = end + 1;
  }
  for (let passed = 1; passed < column && offset < text.length && text[offset] !== "\n"; passed += 1)
    offset += text.codePointAt(offset) > 0xffff ? 2 : 1;
  return offset;
}

function goTo(field, line, column) {
  const { value } = field;
  const offset = offsetOf(value, line, column);
  const word = /^\S{1,40}/.exec(value.slice(offset, offset + 40));
  field.setSelectionRange(offset, offset + (word ? word[0].length : 0));
  field.focus();
  const share = value.length ? offset / value.length : 0;
  const top = share * field.scrollHeight - field.clientHeight / 2;
  if (top < field.scrollTop - field.clientHeight / 2 || top > field.scrollTop + field.clientHeight / 2)
    field.scrollTop = top;
}

// -------------------------------------------------------------------------------------------------- the toolbar

const IS_APPLE = /^(mac|iphone|ipad)/i.test(navigator.platform);

const isLetter = (event, letter) => !event.shiftKey && event.key.toLowerCase() === letter;

/** The buttons; `keys` returns whether a key pressed with Ctrl (Cmd) is theirs, on any keyboard layout. */
const COMMANDS = [
  { name: "bold", label: mark("Bold"), run: surround("{{", "}}"), shown: "B", keys: (e) => isLetter(e, "b") },
  { name: "italic", label: mark("Italic"), run: surround("{", "}"), shown: "I", keys: (e) => isLetter(e, "i") },
  { name: "link", label: mark("Link"), run: insertLink, shown: "K", keys: (e) => isLetter(e, "k") },
  {
    name: "quote",
    label: mark("Quote"),
    run: surround("<quote>", "</quote>"),
    shown: "Shift+.",
    keys: (e) => e.shiftKey && (e.key === "." || e.key === ">"),
  },
  { name: "code", label: mark("Code"), run: surround("<code>", "</code>"), shown: "E", keys: (e) => isLetter(e, "e") },
  {
    name: "list",
    label: mark("List"),
    run: toggleList,
    shown: "Shift+8",
    keys: (e) => e.shiftKey && (e.key === "8" || e.code === "Digit8"),
  },
];

const ICONS = {
  link: [
    "M6.8 9.2a2.6 2.6 0 0 0 3.7 0l2.3-2.3a2.6 2.6 0 0 0-3.7-3.7L8 4.3",
    "M9.2 6.8a2.6 2.6 0 0 0-3.7 0L3.2 9.1a2.6 2.6 0 0 0 3.7 3.7L8 11.7",
  ],
  quote: ["M6.5 4C4.2 4.6 3 6.2 3 8.6V12h3.5V8.6H3.2", "M13 4c-2.3.6-3.5 2.2-3.5 4.6V12H13V8.6H9.7"],
  code: ["M5.5 4.5 2 8l3.5 3.5", "M10.5 4.5 14 8l-3.5 3.5"],
  list: ["M6 4h8M6 8h8M6 12h8", "M2.5 4h.01M2.5 8h.01M2.5 12h.01"],
};

/** Returns a new element. */
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function makeIcon(name) {
  const create = (tag, attributes) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };
  const icon = create("svg", { viewBox: "0 0 16 16", "aria-hidden": "true", focusable: "false" });
  icon.append(...ICONS[name].map((d) => create("path", { d })));
  return icon;
}

function makeFace(name, sentences) {
  if (name in ICONS) return makeIcon(name);
  // Translators: the letter on the button for bold
  const letter = name === "bold" ? sentences.translate("B") : "I";
  return make("span", { "aria-hidden": "true", class: `spip-preview-letter spip-preview-letter-${name}` }, letter);
}

function makeButton({ name, label, shown }, sentences) {
  const words = sentences.translate(label);
  // Translators: the key
  const keys = shown.replace("Shift", sentences.translate("Shift"));
  const control = sentences.translate("Ctrl");
  return make(
    "button",
    {
      type: "button",
      class: "spip-preview-button",
      tabindex: "-1",
      "aria-label": words,
      "aria-keyshortcuts": `${IS_APPLE ? "Meta" : "Control"}+${shown}`,
      title: `${words} (${IS_APPLE ? "⌘" : `${control}+`}${keys})`,
    },
    makeFace(name, sentences),
  );
}

function makeToolbar(sentences, field) {
  const buttons = COMMANDS.map((command) => {
    const button = makeButton(command, sentences);
    button.addEventListener("click", () => isEditable(field) && command.run(field));
    return button;
  });
  buttons[0].tabIndex = 0;
  const label = sentences.translate("Formatting");
  const bar = make("div", { role: "toolbar", class: "spip-preview-toolbar", "aria-label": label }, ...buttons);
  bar.addEventListener("keydown", (event) => moveAmong(buttons, event));
  bar.addEventListener("focusin", (event) => {
    for (const button of buttons) button.tabIndex = button === event.target.closest("button") ? 0 : -1;
  });
  return bar;
}

const isEditable = (field) => !field.readOnly && !field.matches(":disabled");

function moveAmong(buttons, event) {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const isMirrored = getComputedStyle(buttons[0]).direction === "rtl";
  const step = { ArrowRight: isMirrored ? -1 : 1, ArrowLeft: isMirrored ? 1 : -1 }[event.key];
  const index = buttons.indexOf(event.target);
  let next = null;
  if (step) next = buttons.at((index + step) % buttons.length);
  else if (event.key === "Home") next = buttons[0];
  else if (event.key === "End") next = buttons.at(-1);
  if (!next) return;
  event.preventDefault();
  next.focus();
}

// ---------------------------------------------------------------------------------------------------- the draft

/** A text kept in this browser; if the storage is off or full, nothing is kept. */
class Draft {
  #key;
  #kept = null;

  constructor(key) {
    this.#key = key;
  }

  get key() {
    return this.#key;
  }

  read() {
    try {
      this.#kept = localStorage.getItem(this.#key);
    } catch {
      this.#kept = null;
    }
    return this.#kept;
  }

  write(text) {
    if (text === this.#kept) return;
    try {
      localStorage.setItem(this.#key, text);
      this.#kept = text;
    } catch {
      this.remove();
    }
  }

  remove() {
    this.#kept = null;
    try {
      localStorage.removeItem(this.#key);
    } catch {
      // If nothing can be removed, nothing was kept.
    }
  }
}

// --------------------------------------------------------------------------------------------------- the server

/** Why a request brought no preview: `kind` is also the element's state. */
class Failure extends Error {
  constructor(kind, details = {}) {
    super(details.message ?? "");
    this.kind = kind;
    this.status = details.status ?? 0;
    this.wait = details.wait ?? 0;
  }
}

function readWait(response) {
  const given = response.headers.get("Retry-After");
  if (given === null) return DEFAULT_WAIT;
  const seconds = /^\d+$/.test(given) ? Number(given) : (Date.parse(given) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.min(Math.max(Math.ceil(seconds), 1), 3600) : DEFAULT_WAIT;
}

async function readJson(response) {
  try {
    return await response.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    return null;
  }
}

/** Throws the failure that the server's answer stands for. */
function refuse(response, answer) {
  const { status } = response;
  const message = typeof answer?.error?.message === "string" ? answer.error.message : "";
  if (status === 429 || (status === 503 && response.headers.has("Retry-After")))
    throw new Failure("waiting", { status, message, wait: readWait(response) });
  if (status === 413) throw new Failure("too-long", { status, message });
  if (status >= 500 || status === 408 || response.ok) throw new Failure("offline", { status, message });
  throw new Failure("failed", { status, message });
}

/** @returns {Promise<{html: string, diagnostics: object[]}>} */
async function ask(endpoint, text, lang, ownLanguage, signal) {
  const response = await fetch(endpoint, {
    method: "POST",
    headers: { Accept: "application/json", "Accept-Language": ownLanguage, "Content-Type": "application/json" },
    body: JSON.stringify({ text, lang }),
    cache: "no-store",
    signal,
  });
  const answer = await readJson(response);
  if (!response.ok || typeof answer?.html !== "string") refuse(response, answer);
  return { html: answer.html, diagnostics: Array.isArray(answer.diagnostics) ? answer.diagnostics : [] };
}

/** Returns whether there is a server whose answers a page of this origin may not read. */
async function isThere(endpoint, signal) {
  try {
    await fetch(endpoint, { method: "HEAD", mode: "no-cors", cache: "no-store", credentials: "omit", signal });
    return true;
  } catch {
    return false;
  }
}

// -------------------------------------------------------------------------------------------------- the element

const numbers = new Set();
const draftKeys = new Set();

function takeNumber() {
  let free = 1;
  while (numbers.has(free)) free += 1;
  numbers.add(free);
  return free;
}

function takeKey(wanted) {
  let key = wanted;
  for (let count = 2; draftKeys.has(key); count += 1) key = `${wanted}:${count}`;
  draftKeys.add(key);
  return key;
}

/**
 * Shows what the SPIP markup in its textarea becomes while it is typed.
 *
 * Attributes: `endpoint` (the address of the preview server; required), `lang` (of the text and of the widget's own
 * sentences: French or English), `draft="off"` (keeps no draft in the browser). See docs/widget.md.
 *
 * Its state is in `data-state`: idle, loading, shown, offline, waiting, too-long, forbidden or failed.
 *
 * @fires SpipPreview#spip-preview:shown with `detail.diagnostics`
 * @fires SpipPreview#spip-preview:failed with `detail.reason`, `detail.status` and `detail.message`
 * @fires SpipPreview#spip-preview:restored when a draft was put back into the textarea
 */
export class SpipPreview extends HTMLElement {
  static observedAttributes = ["endpoint", "lang", "draft"];

  #field = null;
  #sentences = new Sentences("en");
  #endpoint = "";
  #number = 0;
  #draft = null;
  #ui = null;
  #life = null;
  #arrival = null;

  #timer = 0;
  #request = null;
  #asked = null;
  #shown = null;
  #refused = null;
  #attempts = 0;
  #notBefore = 0;
  #isKnownToWork = false;

  #speech = 0;
  #spokenAt = 0;
  #isAlarmed = false;
  #isAwaited = false;
  #isSent = false;

  connectedCallback() {
    this.#life = new AbortController();
    if (document.readyState === "loading")
      document.addEventListener("DOMContentLoaded", () => this.#awaitField(), { signal: this.#life.signal, once: true });
    else this.#awaitField();
  }

  disconnectedCallback() {
    this.#stop();
    this.#arrival?.disconnect();
    this.#life?.abort();
    this.#life = null;
    this.#field = null;
  }

  attributeChangedCallback(name, before, after) {
    if (!this.#ui || before === after) return;
    this.#stop();
    this.#start();
  }

  /** Requests a preview immediately, even of the same text. */
  refresh() {
    if (!this.#field) return;
    this.#shown = null;
    this.#refused = null;
    this.#isAwaited = true;
    this.#schedule(0);
  }

  /** Deletes the draft that the browser keeps, as after the form was sent; the text stays. */
  forgetDraft() {
    this.#draft?.remove();
    this.#ui?.draft.remove();
  }

  #awaitField() {
    const field = this.querySelector("textarea[data-spip-preview]") ?? this.querySelector("textarea");
    this.#arrival?.disconnect();
    if (field) {
      this.#field = field;
      this.#start();
      return;
    }
    this.#arrival = new MutationObserver(() => this.querySelector("textarea") && this.#awaitField());
    this.#arrival.observe(this, { childList: true, subtree: true });
  }

  get #language() {
    return this.closest("[lang]")?.lang || document.documentElement.lang || "en";
  }

  get #textLanguage() {
    return this.#field.getAttribute("lang") || this.#language;
  }

  /** Buttons inside a label would be what it labels. */
  get #anchor() {
    return this.#field.closest("label") ?? this.#field;
  }

  #start() {
    this.#sentences = new Sentences(this.#language);
    this.#endpoint = new URL(this.getAttribute("endpoint") ?? "", document.baseURI).href;
    this.#number = takeNumber();
    this.#life ??= new AbortController();
    if (this.getAttribute("draft") !== "off") {
      const name = this.id || this.#field.name;
      this.#draft = new Draft(takeKey(`spip-preview:${location.pathname}${location.search}:${this.#endpoint}:${name}`));
    }
    this.#build();
    this.#listen();
    this.#setState("idle");
    this.#restore();
    if (this.#field.value) this.#schedule(0);
  }

  #stop() {
    if (!this.#ui) return;
    this.#saveDraft();
    clearTimeout(this.#timer);
    clearTimeout(this.#speech);
    this.#cancel();
    this.#life?.abort();
    this.#life = null;
    for (const part of [this.#ui.toolbar, this.#ui.draft, this.#ui.remarks, this.#ui.pane]) part.remove();
    this.#ui = null;
    if (this.#draft) draftKeys.delete(this.#draft.key);
    this.#draft = null;
    numbers.delete(this.#number);
    this.removeAttribute("data-state");
    this.#shown = null;
    this.#refused = null;
    this.#attempts = 0;
    this.#notBefore = 0;
    this.#isKnownToWork = false;
    this.#isAwaited = false;
    this.#isAlarmed = false;
    this.#isSent = false;
  }

  #build() {
    const sentences = this.#sentences;
    const number = this.#number;
    const heading = sentences.translate("Preview");
    const label = number > 1 ? `${heading} ${number}` : heading;
    const titleId = `spip-preview-${number}-remarks`;
    const view = make("section", { class: "spip-preview-view", "aria-label": label, tabindex: "0" });
    const status = make("p", { class: "spip-preview-status", role: "status" });
    const title = make("span", { class: "spip-preview-title", "aria-hidden": "true" }, heading);
    const count = make("p", { class: "spip-preview-remarks-title", id: titleId });
    const list = make("ul", { class: "spip-preview-remarks-list", role: "list", "aria-labelledby": titleId });
    const more = make("p", { class: "spip-preview-more" });
    this.#ui = {
      view,
      status,
      count,
      list,
      more,
      toolbar: makeToolbar(sentences, this.#field),
      draft: make("p", { class: "spip-preview-draft" }),
      remarks: make("div", { class: "spip-preview-remarks" }, count, list, more),
      pane: make("div", { class: "spip-preview-pane" }, make("div", { class: "spip-preview-head" }, title, status), view),
    };
    for (const part of [this.#ui.toolbar, this.#ui.draft, this.#ui.remarks, this.#ui.pane]) part.lang = sentences.language;
    this.#ui.remarks.hidden = true;
    this.#anchor.before(this.#ui.toolbar);
    this.#anchor.after(this.#ui.remarks);
    this.append(this.#ui.pane);
    this.#showNothing();
  }

  #listen() {
    const { signal } = this.#life;
    const on = (target, type, listener) => target.addEventListener(type, listener, { signal });
    on(this.#field, "input", () => this.#changed());
    on(this.#field, "keydown", (event) => this.#shortcut(event));
    on(this, "keydown", (event) => this.#escape(event));
    on(this.#ui.view, "click", (event) => this.#follow(event));
    on(this.getRootNode(), "submit", (event) => this.#submitted(event));
    on(this, "reset", () => this.#emptied());
    on(document, "visibilitychange", () => (document.hidden ? this.#saveDraft() : this.#schedule(TYPING_PAUSE)));
    on(window, "pagehide", () => this.#saveDraft());
    on(window, "online", () => this.#schedule(0));
  }

  // ---- what the user does

  #changed() {
    this.#isSent = false;
    if (this.#ui.draft.isConnected) this.#ui.draft.remove();
    this.#schedule(TYPING_PAUSE);
  }

  #shortcut(event) {
    const isOurs = IS_APPLE ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey;
    if (!isOurs || event.altKey || event.isComposing || !isEditable(this.#field)) return;
    const command = COMMANDS.find(({ keys }) => keys(event));
    if (!command) return;
    event.preventDefault();
    command.run(this.#field);
  }

  #escape(event) {
    const { toolbar, view, remarks } = this.#ui;
    if (event.key !== "Escape" || ![toolbar, view, remarks].some((part) => part.contains(event.target))) return;
    event.preventDefault();
    this.#field.focus();
  }

  #follow(event) {
    const link = event.target.closest("a[href^='#']");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const id = link.getAttribute("href").slice(1);
    const target = [...this.#ui.view.querySelectorAll("[id]")].find((element) => element.id === id);
    if (!target) return;
    if (!target.matches("a[href]")) target.tabIndex = -1;
    target.scrollIntoView({ block: "nearest" });
    target.focus({ preventScroll: true });
  }

  #submitted(event) {
    if (event.defaultPrevented || event.target !== this.#field.form) return;
    const given = event.submitter?.getAttribute("formaction") ?? event.target.getAttribute("action") ?? "";
    const isPreview = URL.canParse(given, document.baseURI) && new URL(given, document.baseURI).href === this.#endpoint;
    if (!isPreview) {
      this.forgetDraft();
      this.#isSent = true;
    } else if (this.dataset.state !== "forbidden") {
      event.preventDefault();
      this.refresh();
    }
  }

  #emptied() {
    this.forgetDraft();
    this.#schedule(0);
  }

  // ---- the draft

  #saveDraft() {
    if (!this.#draft || !this.#field || this.#isSent) return;
    const { value, defaultValue } = this.#field;
    if (value.trim() && value !== defaultValue) this.#draft.write(value);
    else this.#draft.remove();
  }

  #restore() {
    if (!this.#draft || this.#field.value) return;
    const text = this.#draft.read();
    if (!text) return;
    this.#field.value = text;
    const discard = make("button", { type: "button", class: "spip-preview-link" }, this.#translate("Discard draft"));
    discard.addEventListener("click", () => this.#discard());
    const restored = this.#translate("Your draft was restored.");
    this.#ui.draft.replaceChildren(`${restored} `, discard);
    this.#anchor.after(this.#ui.draft);
    this.#say(restored);
    this.#announce("restored", {});
  }

  #discard() {
    this.forgetDraft();
    replaceText(this.#field, 0, this.#field.value.length, "");
  }

  // ---- asking

  #schedule(delay) {
    clearTimeout(this.#timer);
    const wait = Math.max(delay, this.#notBefore - Date.now());
    this.#timer = setTimeout(() => this.#update(), wait);
  }

  #update() {
    this.#saveDraft();
    if (document.hidden) return;
    const text = this.#field.value;
    if (text === this.#asked) return;
    this.#cancel();
    if (!text.trim()) {
      this.#showNothing();
      this.#setState("idle");
    } else if (text === this.#shown) this.#settle();
    else if (text !== this.#refused) this.#ask(text);
  }

  /** The preview that is shown is up to date again. */
  #settle() {
    if (this.#isAlarmed) this.#say(this.#translate("Preview updated."), true);
    this.#isAlarmed = false;
    this.#setState("shown");
  }

  #cancel() {
    this.#request?.abort();
    this.#request = null;
    this.#asked = null;
    this.#ui?.view.removeAttribute("aria-busy");
  }

  async #ask(text) {
    const request = new AbortController();
    const patience = setTimeout(() => request.abort(), PATIENCE);
    this.#request = request;
    this.#asked = text;
    this.#ui.view.setAttribute("aria-busy", "true");
    if (!this.#isAlarmed) this.#setState("loading");
    let answer = null;
    let failure = null;
    try {
      answer = await ask(this.#endpoint, text, this.#textLanguage, this.#sentences.language, request.signal);
    } catch (error) {
      failure = error instanceof Failure ? error : await this.#explain(request.signal);
    }
    clearTimeout(patience);
    if (request !== this.#request) return;
    this.#cancel();
    if (failure) this.#fail(text, failure);
    else this.#show(text, answer);
  }

  /** A browser does not say why a request to another origin failed. */
  async #explain(signal) {
    const isForeign = new URL(this.#endpoint).origin !== location.origin;
    const isForbidden =
      isForeign && navigator.onLine && !this.#isKnownToWork && !signal.aborted && (await isThere(this.#endpoint, signal));
    return new Failure(isForbidden ? "forbidden" : "offline");
  }

  // ---- showing

  #show(text, { html, diagnostics }) {
    const { view } = this.#ui;
    const language = this.#textLanguage;
    view.lang = language;
    view.dir = directionOf(language);
    view.classList.remove("spip-preview-nothing");
    view.replaceChildren(harmless(html, `spip-preview-${this.#number}-`));
    this.#shown = text;
    this.#refused = null;
    this.#attempts = 0;
    this.#isKnownToWork = true;
    this.#showDiagnostics(diagnostics);
    const isUrgent = this.#isAlarmed || this.#isAwaited;
    this.#isAwaited = false;
    this.#isAlarmed = false;
    this.#setState("shown");
    const updated = this.#translate("Preview updated.");
    this.#say(diagnostics.length ? `${updated} ${this.#count(diagnostics)}.` : updated, isUrgent);
    this.#announce("shown", { diagnostics });
  }

  #showNothing() {
    const { view } = this.#ui;
    view.removeAttribute("lang");
    view.removeAttribute("dir");
    view.classList.add("spip-preview-nothing");
    view.replaceChildren(make("p", {}, this.#translate("The preview appears here as you type.")));
    this.#shown = null;
    this.#showDiagnostics([]);
    this.#say("", true);
    this.#isAlarmed = false;
  }

  #showDiagnostics(diagnostics) {
    const { remarks, count, list, more } = this.#ui;
    const hadFocus = remarks.contains(document.activeElement);
    const shown = diagnostics.slice(0, MOST_DIAGNOSTICS);
    while (list.children.length > shown.length) list.lastElementChild.remove();
    while (list.children.length < shown.length) list.append(this.#makeItem());
    shown.forEach((diagnostic, index) => this.#fillItem(list.children[index].firstElementChild, diagnostic));
    count.textContent = this.#count(diagnostics);
    const rest = diagnostics.length - shown.length;
    more.textContent = this.#sentences.translatePlural("… and one more", "… and {number} more", rest);
    more.hidden = !rest;
    remarks.hidden = !shown.length;
    if (hadFocus && !remarks.contains(document.activeElement)) this.#field.focus();
  }

  #makeItem() {
    const button = make("button", { type: "button", class: "spip-preview-remark" });
    button.addEventListener("click", () => goTo(this.#field, Number(button.dataset.line), Number(button.dataset.column)));
    return make("li", {}, button);
  }

  #fillItem(button, { line, column, severity, message }) {
    button.dataset.line = Number(line) || 1;
    button.dataset.column = Number(column) || 1;
    button.dataset.severity = String(severity);
    const place = this.#translate("Line {line}", { line: button.dataset.line });
    const where = make("span", { class: "spip-preview-place" }, place);
    button.replaceChildren(where, " ", make("span", { class: "spip-preview-message" }, String(message)));
  }

  #fail(text, failure) {
    if (failure.kind === "waiting") {
      this.#notBefore = Date.now() + failure.wait * 1000;
      this.#schedule(0);
    } else if (failure.kind === "offline") {
      this.#attempts += 1;
      this.#schedule(Math.min(FIRST_RETRY * 2 ** (this.#attempts - 1), LAST_RETRY) * (0.75 + Math.random() / 2));
    } else if (failure.kind !== "forbidden") this.#refused = text;
    this.#setState(failure.kind);
    const sentence = this.#explanation(failure);
    if (!this.#ui.status.textContent.startsWith(sentence)) this.#say(sentence, true);
    this.#isAlarmed = true;
    this.#announce("failed", { reason: failure.kind, status: failure.status, message: sentence });
  }

  #explanation({ kind, status, wait, message }) {
    if (kind === "waiting")
      return this.#translate("Too many preview requests: next preview in {seconds} s.", { seconds: wait });
    if (kind === "too-long") return message || this.#translate("This text is too long to preview.");
    if (kind === "forbidden")
      return this.#translate("The preview server does not accept requests from this site (CORS).");
    if (kind === "failed") {
      const sentence = this.#translate("The preview server rejected this text (error {status}).", { status });
      return message ? `${sentence} ${message}` : sentence;
    }
    return navigator.onLine
      ? this.#translate("The preview server is not responding: the preview is out of date. Retrying automatically.")
      : this.#translate("You are offline: the preview is out of date. It will resume automatically.");
  }

  #setState(state) {
    if (this.dataset.state !== state) this.dataset.state = state;
  }

  #translate(sentence, values) {
    return this.#sentences.translate(sentence, values);
  }

  #count(diagnostics) {
    return this.#sentences.translatePlural(
      "One thing to check in your text",
      "{number} things to check in your text",
      diagnostics.length,
    );
  }

  /** Says a sentence politely: errors immediately, others when the last one is two seconds old. */
  #say(sentence, isUrgent = false) {
    clearTimeout(this.#speech);
    const { status } = this.#ui;
    const speak = () => {
      if (sentence) this.#spokenAt = Date.now();
      // Screen readers do not read an unchanged text again.
      status.textContent = sentence && sentence === status.textContent ? `${sentence}\u00a0` : sentence;
    };
    const wait = isUrgent ? 0 : this.#spokenAt + SPEECH_PAUSE - Date.now();
    if (wait > 0) this.#speech = setTimeout(speak, wait);
    else speak();
  }

  #announce(type, detail) {
    this.dispatchEvent(new CustomEvent(`spip-preview:${type}`, { bubbles: true, composed: true, detail }));
  }
}

if (!customElements.get("spip-preview")) customElements.define("spip-preview", SpipPreview);
