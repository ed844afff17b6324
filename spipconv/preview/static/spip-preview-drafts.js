/**
 * Drafts: texts that the browser keeps until they are sent, for a day at most.
 *
 * They are in the tab's own storage (`tab`), which reloading, Back and reopening the tab keep and a new tab does not
 * see, or in that of all tabs (`browser`). If the storage is off or full, nothing is kept.
 */

const PREFIX = "spip-preview:";
const SWITCH = `${PREFIX}drafts`;
const LONGEST_AGE = 24 * 3600 * 1000;
/** How many tabs may keep a text of their own for the same form. */
const MOST_SLOTS = 5;
const LONGEST_MARK = 500;
const SHORTEST_MARK = 4;
const SENT_FRAGMENT = "#spip-preview-sent";

/** Where the drafts of a scope are, `tab` or `browser`; nothing if the browser allows no storage. */
function storageOf(scope) {
  try {
    return scope === "browser" ? localStorage : sessionStorage;
  } catch {
    return null;
  }
}

/** Returns whether a storage could be used. */
function attempt(scope, use) {
  const storage = storageOf(scope);
  if (!storage) return false;
  try {
    use(storage);
    return true;
  } catch {
    return false;
  }
}

function parse(value) {
  try {
    const draft = JSON.parse(value);
    const age = Date.now() - draft.at;
    return typeof draft.text === "string" && Math.abs(age) <= LONGEST_AGE ? draft : null;
  } catch {
    return null;
  }
}

/** By key, the drafts of a storage; those that are too old are deleted, with all that is no draft. */
function sweep(scope) {
  const drafts = new Map();
  attempt(scope, (storage) => {
    for (const key of Object.keys(storage)) {
      if (!key.startsWith(PREFIX) || key === SWITCH) continue;
      const draft = parse(storage.getItem(key));
      if (draft) drafts.set(key, draft);
      else storage.removeItem(key);
    }
  });
  return drafts;
}

/** Deletes the drafts that are too old, whatever page they belong to. */
export function sweepAll() {
  sweep("tab");
  sweep("browser");
}

let isOffHere = false;

/** Returns whether the visitor switched drafts off. */
export function areOff() {
  let isOff = isOffHere;
  attempt("browser", (storage) => (isOff ||= storage.getItem(SWITCH) === "off"));
  return isOff;
}

/** Remembers what the visitor wants on all pages of the site; deletes all drafts when they are switched off. */
export function switchDrafts(isOff) {
  isOffHere = isOff;
  attempt("browser", (storage) => (isOff ? storage.setItem(SWITCH, "off") : storage.removeItem(SWITCH)));
  if (!isOff) return;
  for (const scope of ["tab", "browser"])
    attempt(scope, (storage) => {
      for (const key of sweep(scope).keys()) storage.removeItem(key);
    });
}

/** Returns whether a storage event is about the drafts: about one whose key begins so, or about the switch. */
export const concerns = (event, key) => event.key === null || event.key === SWITCH || event.key.startsWith(key);

/** Returns where the drafts of a page's form are kept. The rest of its address says what is shown of the page. */
export const keyOf = (path, form) => `${PREFIX}draft:${path}#${form}`;

/** Deletes the drafts of a page that were sent. */
function forgetSent(path) {
  for (const scope of ["tab", "browser"])
    for (const [key, draft] of sweep(scope))
      if (draft.sent && key.startsWith(keyOf(path, ""))) attempt(scope, (storage) => storage.removeItem(key));
}

/**
 * Deletes what was sent and arrived, as the host says: by the fragment of the page's address, or by the address of a
 * page of this site (nothing: this page). Returns whether it is about this page.
 */
export function confirmSent(address) {
  if (location.hash === SENT_FRAGMENT) {
    forgetSent(location.pathname);
    // Reloading the page says it about nothing that is sent later.
    history.replaceState(history.state, "", location.pathname + location.search);
  }
  if (address === null || address === "false" || !URL.canParse(address, document.baseURI)) return false;
  const page = address ? new URL(address, document.baseURI) : location;
  if (page.origin !== location.origin) return false;
  forgetSent(page.pathname);
  return page.pathname === location.pathname;
}

const lettersOf = (text) => text.normalize("NFKC").toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "");

/** Returns the letters of a page, without those of its widgets. */
function lettersOfPage() {
  const isText = (node) => !node.parentElement?.closest("spip-preview, script, style, textarea, template, noscript");
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let text = "";
  while (walker.nextNode()) if (isText(walker.currentNode)) text += walker.currentNode.data;
  return lettersOf(text);
}

/** The draft of a form, as one page sees it: other tabs may write and delete it meanwhile. */
export class Draft {
  #key;
  #scope;
  #slot = 0;
  /** What this page last wrote, restored or deleted: only such a text is its own. */
  #own = null;

  constructor(key, scope) {
    this.#key = key;
    this.#scope = scope;
  }

  get key() {
    return this.#key;
  }

  /** Whether there is a draft that is this page's own. */
  get isKept() {
    const kept = this.#load();
    return kept !== null && kept.text === this.#own;
  }

  /**
   * Returns the newest draft, if there is one: `text`, `base` (what the page brought when it was written), `sent`. One
   * that was sent and that the page shows now is deleted, unless the page brings a text to work on: it may be a preview.
   */
  read(brought) {
    let newest = null;
    for (let slot = 0; slot < MOST_SLOTS; slot += 1) {
      const draft = this.#load(slot);
      if (draft?.mark && !brought && lettersOfPage().includes(draft.mark)) this.#delete(slot);
      else if (draft && (!newest || draft.at > newest.at)) newest = { ...draft, slot };
    }
    return newest;
  }

  /** Takes a draft for this page's own: its text is in the field now. */
  adopt({ slot, text }) {
    this.#slot = slot;
    this.#own = text;
  }

  /** Keeps a text, in a place of its own if another tab has written here; returns whether it is kept. */
  write(text, base) {
    let kept = this.#load();
    // Nothing was typed since it was deleted, here or in another tab, as when it was sent there.
    if (!kept && text === this.#own) return false;
    if (kept && kept.text !== this.#own && kept.text !== text) {
      this.#slot = this.#freeSlot(text);
      kept = this.#load();
    }
    const isKept = kept?.text === text || this.#store({ text, base, at: Date.now() });
    if (isKept) this.#own = text;
    return isKept;
  }

  /** Notes that a text was sent; `shown` is what it looks like, by which the next page is recognised. */
  markSent(text, shown) {
    const kept = this.#load();
    if (kept?.text !== text) return;
    const letters = lettersOf(shown).slice(0, LONGEST_MARK);
    const isTelling = letters.length >= SHORTEST_MARK && !lettersOfPage().includes(letters);
    this.#store({ ...kept, sent: true, mark: isTelling ? letters : "" });
  }

  /** Deletes the draft, unless another tab has written another one; `text` is not kept again before it changes. */
  remove(text = null) {
    if (this.isKept) this.#delete(this.#slot);
    this.#own = text;
  }

  #load(slot = this.#slot) {
    let value = null;
    attempt(this.#scope, (storage) => (value = storage.getItem(this.#name(slot))));
    return parse(value);
  }

  #store(draft) {
    return attempt(this.#scope, (storage) => storage.setItem(this.#name(this.#slot), JSON.stringify(draft)));
  }

  #delete(slot) {
    attempt(this.#scope, (storage) => storage.removeItem(this.#name(slot)));
  }

  #name(slot) {
    return slot ? `${this.#key}~${slot}` : this.#key;
  }

  /** Returns the first place that is empty or holds the same text, or else that of the oldest draft. */
  #freeSlot(text) {
    const drafts = Array.from({ length: MOST_SLOTS }, (_, slot) => this.#load(slot));
    const free = drafts.findIndex((draft) => !draft || draft.text === text);
    return free >= 0 ? free : drafts.indexOf(drafts.reduce((first, next) => (next.at < first.at ? next : first)));
  }
}
