/**
 * The custom element <spip-preview endpoint="…">: around a form with a textarea, it shows the result of the SPIP markup
 * while it is typed. Modules beside each other, no dependency, no inline script or style. Without it the form works as
 * before.
 *
 * Copyright: the authors of spipconv. Licence: MIT.
 */

import { Draft, confirmSent, keyOf, sweepAll } from "./spip-preview-drafts.js";
import { DraftKeeper } from "./spip-preview-keeper.js";
import { listenToKeys } from "./spip-preview-keys.js";
import { Layout } from "./spip-preview-layout.js";
import { Pane } from "./spip-preview-pane.js";
import { Remarks } from "./spip-preview-remarks.js";
import { harmless } from "./spip-preview-safety.js";
import { isForPreview } from "./spip-preview-sending.js";
import { PreviewServer, explain } from "./spip-preview-server.js";
import { makeToolbar } from "./spip-preview-toolbar.js";
import { Sentences, checkWords, directionOf, readWords, tell } from "./spip-preview-words.js";

const TYPING_PAUSE = 300;

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
 * sentences), `draft` (`tab`, `browser` or `off`), `sent` (the page's form, or that of the page named, was received).
 *
 * Its state is in `data-state`: idle, loading, shown, offline, waiting, too-long, forbidden or failed. See docs/widget.md.
 *
 * @fires SpipPreview#spip-preview:shown with `detail.diagnostics`
 * @fires SpipPreview#spip-preview:failed with `detail.reason`, `detail.status` and `detail.message`
 * @fires SpipPreview#spip-preview:restored when a draft was put back into the textarea
 * @fires SpipPreview#spip-preview:sending with `detail.text` and `detail.submitter`, before the form is sent; cancelable
 */
export class SpipPreview extends HTMLElement {
  static observedAttributes = ["endpoint", "lang", "draft", "sent"];

  #field = null;
  #words = {};
  #sentences = null;
  #endpoint = "";
  #number = 0;
  #life = null;
  #arrival = null;
  #isRunning = false;

  #server = null;
  #keeper = null;
  #pane = null;
  #remarks = null;
  #toolbar = null;
  #layout = null;
  #ownDirection = false;

  #shownText = null;
  #count = 0;
  #isAlarmed = false;
  #isAwaited = false;

  connectedCallback() {
    this.#life = new AbortController();
    this.#takeWords();
    sweepAll();
    this.#confirm();
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

  /** Nothing changes where a browser moves the element as it is (moveBefore). */
  connectedMoveCallback() {}

  attributeChangedCallback(name, before, after) {
    if (before === after) return;
    if (name === "sent") {
      if (this.isConnected) this.#confirm();
    } else this.#restart();
  }

  /** By the widget's own English sentence, what it says instead; with plural forms by CLDR's categories. */
  set words(words) {
    this.#words = checkWords(words);
    this.#restart();
  }

  get words() {
    return this.#words;
  }

  /** Requests a preview immediately, even of the same text. */
  refresh() {
    if (!this.#isRunning) return;
    this.#shownText = null;
    this.#isAwaited = true;
    this.#server.refresh();
  }

  /** The text was received: deletes the draft and empties the field. */
  sent() {
    if (!this.#isRunning) return;
    this.#keeper?.forget();
    this.#field.value = this.#field.defaultValue;
    this.#changed();
    this.#server.look();
  }

  /** Deletes the draft that the browser keeps; the text stays. */
  forgetDraft() {
    this.#keeper?.forget();
  }

  /** Words that a script gave before this module was there. */
  #takeWords() {
    if (!Object.hasOwn(this, "words")) return;
    const { words } = this;
    delete this.words;
    this.#words = checkWords(words);
  }

  /** The host may say that what a page's form sent has arrived. */
  #confirm() {
    if (confirmSent(this.getAttribute("sent"))) this.#keeper?.forget();
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

  #restart() {
    if (!this.#isRunning) return;
    this.#stop();
    this.#start();
  }

  #start() {
    const words = Object.keys(this.#words).length ? this.#words : readWords(this);
    this.#sentences = new Sentences(this.#language, words);
    this.#endpoint = new URL(this.getAttribute("endpoint") ?? "", document.baseURI).href;
    this.#number = takeNumber();
    this.#life ??= new AbortController();
    this.#server = new PreviewServer(this.#endpoint, () => [this.#textLanguage, this.#sentences.language], this.#owner());
    this.#isRunning = true;
    this.#build();
    this.#listen();
    this.#setState("idle");
    this.#pane.showNothing();
    this.#layout.start(this.#life.signal);
    this.#restore();
    if (this.#field.value) this.#server.schedule(0);
  }

  #stop() {
    if (!this.#isRunning) return;
    this.#isRunning = false;
    this.#keeper?.save();
    this.#server.stop();
    this.#life?.abort();
    this.#life = null;
    this.#layout.stop();
    this.#pane.stop();
    for (const part of [this.#toolbar, this.#remarks.element, this.#keeper?.line]) part?.remove();
    if (this.#ownDirection) this.#field.removeAttribute("dir");
    if (this.#keeper) draftKeys.delete(this.#keeper.key);
    this.#keeper = null;
    numbers.delete(this.#number);
    this.removeAttribute("data-state");
    this.#shownText = null;
    this.#count = 0;
    this.#isAwaited = false;
    this.#isAlarmed = false;
  }

  #build() {
    const sentences = this.#sentences;
    // Buttons inside a label would be what it labels.
    const anchor = this.#field.closest("label") ?? this.#field;
    this.#pane = new Pane(sentences, this.#number);
    this.#remarks = new Remarks(this.#field, sentences, this.#number);
    this.#toolbar = makeToolbar(sentences, this.#field);
    this.#keeper = this.#makeKeeper();
    this.#layout = new Layout(this, this.#field, anchor, this.#pane.element);
    anchor.before(this.#toolbar);
    const below = [this.#remarks.element, ...(this.#keeper ? [this.#keeper.line] : [])];
    anchor.after(...below);
    for (const part of [this.#toolbar, this.#pane.element, ...below]) {
      part.lang = sentences.language;
      part.dir = sentences.direction;
    }
    this.#ownDirection = !this.#field.hasAttribute("dir");
    if (this.#ownDirection) this.#field.dir = directionOf(this.#textLanguage);
  }

  #makeKeeper() {
    const scope = { off: "off", browser: "browser" }[this.getAttribute("draft")] ?? "tab";
    if (scope === "off") return null;
    const name = (element) => element?.getAttribute("id") || element?.getAttribute("name") || "";
    const form = this.id || name(this.#field.form) || name(this.#field);
    const key = takeKey(keyOf(location.pathname, form));
    return new DraftKeeper(this.#field, new Draft(key, scope), scope, this.#sentences);
  }

  #listen() {
    const { signal } = this.#life;
    const on = (target, type, listener) => target.addEventListener(type, listener, { signal });
    on(this.#field, "input", () => this.#changed());
    listenToKeys(this.#field, this.#endpoint, signal);
    on(document, "selectionchange", () => this.#follow());
    on(this, "keydown", (event) => this.#escape(event));
    on(this.getRootNode(), "submit", (event) => this.#submitted(event));
    on(this, "reset", () => this.#emptied());
    on(document, "visibilitychange", () => (document.hidden ? this.#keeper?.save() : this.#server.schedule(TYPING_PAUSE)));
    on(window, "pagehide", () => this.#keeper?.save());
    // After Back, the browser puts a text into the field without saying so.
    on(window, "pageshow", () => this.#lookAgain());
    on(window, "online", () => this.#server.schedule(0));
    this.#keeper?.listen(signal);
  }

  // ---- what the user does

  #changed() {
    this.#keeper?.changed();
    this.#server.schedule(TYPING_PAUSE);
    this.#layout.grow();
  }

  #lookAgain() {
    this.#keeper?.lookAgain();
    this.#server.schedule(0);
    this.#layout.grow();
  }

  #escape(event) {
    const parts = [this.#toolbar, this.#pane.element, this.#remarks.element, this.#keeper?.line];
    if (event.key !== "Escape" || !parts.some((part) => part?.contains(event.target))) return;
    event.preventDefault();
    this.#field.focus();
  }

  #submitted(event) {
    const form = event.target;
    if (event.defaultPrevented || form !== this.#field.form) return;
    if (!isForPreview(form, event.submitter, this.#endpoint)) this.#send(event);
    else if (this.dataset.state !== "forbidden") {
      event.preventDefault();
      this.refresh();
    }
  }

  #send(event) {
    const text = this.#field.value;
    if (!this.#announce("sending", { text, submitter: event.submitter })) event.preventDefault();
    this.#keeper?.markSent(this.#shownText === text ? this.#pane.words : text);
  }

  #emptied() {
    this.#keeper?.forget();
    this.#server.schedule(0);
  }

  #restore() {
    const before = this.#field.value;
    const sentence = this.#keeper?.restore();
    if (this.#field.value === before) return;
    this.#pane.say(sentence);
    this.#layout.grow();
    this.#announce("restored", {});
  }

  #follow() {
    const { value, selectionEnd } = this.#field;
    if (this.#field.matches(":focus") && value) this.#pane.follow(selectionEnd / value.length);
  }

  // ---- what the server does

  #owner() {
    const field = this.#field;
    return {
      get text() {
        return field.value;
      },
      empty: () => this.#showNothing(),
      unchanged: () => this.#settle(),
      asking: () => this.#wait(),
      answered: (text, answer) => this.#show(text, answer),
      failed: (failure) => this.#fail(failure),
      unknownLanguage: (name) => tell(`the server does not know the language “${name}”; it takes its own`),
    };
  }

  #wait() {
    this.#pane.isBusy = true;
    if (!this.#isAlarmed) this.#setState("loading");
  }

  #show(text, { html, diagnostics, lang }) {
    this.#pane.isBusy = false;
    let content;
    try {
      content = harmless(html, `spip-preview-${this.#number}-`);
    } catch {
      this.#fail({ kind: "failed", status: 0 });
      return;
    }
    this.#pane.show(content, lang, directionOf(lang));
    this.#remarks.show(diagnostics);
    this.#shownText = text;
    this.#count = diagnostics.length;
    if (this.#isAlarmed || this.#isAwaited) this.#pane.sayUpdated(this.#count);
    else this.#pane.sayCount(this.#count);
    this.#isAwaited = false;
    this.#isAlarmed = false;
    this.#setState("shown");
    this.#follow();
    this.#layout.bringIntoSight();
    this.#announce("shown", { diagnostics });
  }

  #showNothing() {
    this.#pane.isBusy = false;
    this.#pane.showNothing();
    this.#remarks.show([]);
    this.#shownText = null;
    this.#count = 0;
    this.#isAlarmed = false;
    this.#setState("idle");
  }

  /** The preview that is shown is up to date again. */
  #settle() {
    this.#pane.isBusy = false;
    if (this.#isAlarmed) this.#pane.sayUpdated(this.#count);
    this.#isAlarmed = false;
    this.#setState("shown");
  }

  #fail(failure) {
    this.#pane.isBusy = false;
    this.#setState(failure.kind);
    const sentence = explain(failure, this.#sentences);
    this.#pane.alarm(sentence);
    this.#isAlarmed = true;
    this.#announce("failed", { reason: failure.kind, status: failure.status, message: sentence });
  }

  #setState(state) {
    if (this.dataset.state !== state) this.dataset.state = state;
  }

  /** Returns whether nobody cancelled the event. */
  #announce(type, detail) {
    const options = { bubbles: true, composed: true, cancelable: type === "sending", detail };
    return this.dispatchEvent(new CustomEvent(`spip-preview:${type}`, options));
  }
}

if (!customElements.get("spip-preview")) customElements.define("spip-preview", SpipPreview);
