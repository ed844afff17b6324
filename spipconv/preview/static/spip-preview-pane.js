/** The pane: the preview, and the status line above it. */

import { make } from "./spip-preview-elements.js";

/** How long the number of remarks stays the same before it is said: while a shortcut is typed it is open. */
const SPEECH_PAUSE = 2000;

/** Shows a preview, and says what is new to those who do not see it. */
export class Pane {
  #view;
  #status;
  #sentences;
  #places = [];
  #length = 0;
  #speech = 0;
  #saidCount = 0;

  constructor(sentences, number) {
    const heading = sentences.translate("Preview");
    const label = number > 1 ? `${heading} ${number}` : heading;
    this.#sentences = sentences;
    this.#view = make("section", { class: "spip-preview-view", "aria-label": label, tabindex: "0" });
    this.#status = make("p", { class: "spip-preview-status", role: "status" });
    const title = make("span", { class: "spip-preview-title", "aria-hidden": "true" }, heading);
    this.element = make(
      "div",
      { class: "spip-preview-pane" },
      make("div", { class: "spip-preview-head" }, title, this.#status),
      this.#view,
    );
    this.#view.addEventListener("click", (event) => this.#openNote(event));
  }

  /** What the preview looks like, as words. */
  get words() {
    return this.#view.textContent;
  }

  set isBusy(isBusy) {
    if (isBusy) this.#view.setAttribute("aria-busy", "true");
    else this.#view.removeAttribute("aria-busy");
  }

  /** Shows a preview in its language and direction; what was in sight stays there. */
  show(content, lang, dir) {
    const { scrollTop } = this.#view;
    this.#view.lang = lang;
    this.#view.dir = dir;
    this.#view.classList.remove("spip-preview-nothing");
    this.#view.replaceChildren(content);
    this.#view.scrollTop = scrollTop;
    this.#measure();
  }

  showNothing() {
    this.#view.removeAttribute("lang");
    this.#view.removeAttribute("dir");
    this.#view.classList.add("spip-preview-nothing");
    this.#view.replaceChildren(make("p", {}, this.#sentences.translate("The preview appears here as you type.")));
    this.#measure();
    this.say("");
    this.#saidCount = 0;
  }

  /** Scrolls to what has such a share, from 0 to 1, of the words before it, unless that is in sight. */
  follow(share) {
    const view = this.#view;
    const room = view.clientHeight;
    if (!this.#length || view.scrollHeight <= room) return;
    const wanted = share * this.#length;
    const { element, start, length } = this.#places.findLast((place) => place.start <= wanted) ?? this.#places[0];
    const part = length ? Math.min((wanted - start) / length, 1) : 0;
    const { top, height } = element.getBoundingClientRect();
    const place = top - view.getBoundingClientRect().top + part * height;
    if (place < room * 0.15 || place > room * 0.85) view.scrollTop += place - room / 2;
  }

  /** Says a sentence now. */
  say(sentence) {
    clearTimeout(this.#speech);
    const before = this.#status.textContent;
    // Screen readers do not read an unchanged text again.
    this.#status.textContent = sentence && sentence === before ? `${sentence}\u00a0` : sentence;
  }

  /** Says a sentence on a failure, unless it is what was said last. */
  alarm(sentence) {
    if (!this.#status.textContent.startsWith(sentence)) this.say(sentence);
  }

  /** Says that the preview is up to date, and how many remarks there are. */
  sayUpdated(count) {
    const updated = this.#sentences.translate("Preview updated.");
    this.#saidCount = count;
    this.say(count ? `${updated} ${this.#count(count)}` : updated);
  }

  /** Says how many remarks there are, once that is another number and stays so. */
  sayCount(count) {
    clearTimeout(this.#speech);
    if (count === this.#saidCount) return;
    this.#speech = setTimeout(() => {
      this.#saidCount = count;
      this.say(count ? this.#count(count) : this.#sentences.translate("Nothing left to check in your text."));
    }, SPEECH_PAUSE);
  }

  stop() {
    clearTimeout(this.#speech);
    this.element.remove();
  }

  #count(count) {
    return `${countRemarks(this.#sentences, count)}.`;
  }

  /** Notes how many words are before each block. */
  #measure() {
    this.#length = 0;
    this.#places = [...this.#view.children].map((element) => {
      const place = { element, start: this.#length, length: element.textContent.length };
      this.#length += place.length;
      return place;
    });
  }

  #openNote(event) {
    const link = event.target.closest("a[href^='#']");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const id = link.getAttribute("href").slice(1);
    const target = [...this.#view.querySelectorAll("[id]")].find((element) => element.id === id);
    if (!target) return;
    if (!target.matches("a[href]")) target.tabIndex = -1;
    target.scrollIntoView({ block: "nearest" });
    target.focus({ preventScroll: true });
  }
}

/** Returns how many remarks there are, in words. */
export const countRemarks = (sentences, count) =>
  sentences.translatePlural("One thing to check in your text", "{number} things to check in your text", count);
