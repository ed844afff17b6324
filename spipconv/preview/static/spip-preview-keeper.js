/** The draft of a text field, and the line under the field that says what is kept and lets visitors decide. */

import { areOff, concerns, switchDrafts } from "./spip-preview-drafts.js";
import { isEditable, replaceText } from "./spip-preview-editing.js";
import { keepFocus, make, makeLink } from "./spip-preview-elements.js";
import { mark } from "./spip-preview-words.js";

const SAVING_PAUSE = 300;

/** Whether the browser went back to the page, and puts into its fields what was in them. */
const isBack = () => globalThis.performance?.getEntriesByType?.("navigation")[0]?.type === "back_forward";

/** By what the line is about: its sentence and the actions that it offers. */
const LINES = {
  kept: { sentence: mark("A draft is kept in this tab for 24 hours."), offers: ["forget", "stop"] },
  shared: { sentence: mark("A draft is kept in this browser for 24 hours."), offers: ["forget", "stop"] },
  restored: { sentence: mark("Your draft was restored."), offers: ["forget", "stop"] },
  pending: {
    sentence: mark("You sent this text, but nothing here shows that it arrived."),
    offers: ["forget", "stop"],
  },
  other: { sentence: mark("There is a draft of another text."), offers: ["use", "forget"] },
  deleted: { sentence: mark("The draft was deleted."), offers: ["undo", "stop"] },
  off: { sentence: mark("No drafts are kept."), offers: ["start"] },
};
const ACTIONS = {
  forget: mark("Forget this draft"),
  stop: mark("Keep no drafts"),
  start: mark("Keep drafts"),
  use: mark("Use the draft"),
  undo: mark("Bring it back"),
};

/** Keeps the draft of a field, restores it, and shows the line. */
export class DraftKeeper {
  #field;
  #draft;
  #scope;
  #sentences;
  #about = "";
  #deleted = "";
  #timer = 0;
  #isTouched = false;

  constructor(field, draft, scope, sentences) {
    this.#field = field;
    this.#draft = draft;
    this.#scope = scope;
    this.#sentences = sentences;
    this.line = make("p", { class: "spip-preview-draft" });
    keepFocus(this.line);
    this.#show(areOff() ? "off" : "");
  }

  get key() {
    return this.#draft.key;
  }

  /** Begins to hear what other tabs write and delete. */
  listen(signal) {
    window.addEventListener("storage", (event) => concerns(event, this.key) && this.#changedElsewhere(), { signal });
  }

  /** Puts the draft into the field, unless the page brings another text; returns the sentence on it, if there is one. */
  restore() {
    const { value, defaultValue } = this.#field;
    const draft = areOff() ? null : this.#draft.read(defaultValue);
    if (!draft) return this.#takeOver();
    if (draft.text === value) {
      // The browser or the page has restored it.
      this.#draft.adopt(draft);
      return this.#show(draft.sent ? "pending" : this.#ordinary);
    }
    const isUntouched = value === defaultValue && (!value.trim() || value === draft.base);
    if (!isUntouched) return this.#show("other");
    this.#draft.adopt(draft);
    this.#field.value = draft.text;
    return this.#show(draft.sent ? "pending" : "restored");
  }

  /** The browser may have put a text into the field. */
  lookAgain() {
    this.#takeOver();
    this.save();
  }

  /** The text was changed: keeps it as soon as the typing pauses. */
  changed() {
    this.#isTouched = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.save(), SAVING_PAUSE);
    const isDeleted = this.#about === "deleted" && this.#field.value === this.#field.defaultValue;
    if (!isDeleted && this.#about !== "other" && this.#about !== "off") this.#show(this.#about && this.#ordinary);
  }

  /** Keeps the text now. */
  save() {
    clearTimeout(this.#timer);
    if (areOff()) return;
    const { value, defaultValue } = this.#field;
    if (!value.trim() || value === defaultValue) {
      this.#draft.remove(value);
      if (this.#about === this.#ordinary) this.#show("");
      return;
    }
    const isKept = this.#draft.write(value, defaultValue);
    if (isKept && !this.#about) this.#show(this.#ordinary);
    // The storage may be full.
    else if (!isKept && this.#about === this.#ordinary) this.#show("");
  }

  /** The text is being sent: it is kept until the host or the next page shows that it arrived. */
  markSent(shown) {
    this.save();
    this.#draft.markSent(this.#field.value, shown);
  }

  /** Deletes the draft; the text stays, and is kept again when it changes. */
  forget() {
    clearTimeout(this.#timer);
    if (this.#about === "other") this.#adoptOther();
    this.#draft.remove(this.#field.value);
    if (this.#about !== "off") this.#show("");
  }

  get #ordinary() {
    return this.#scope === "browser" ? "shared" : "kept";
  }

  /** After Back, a text without a draft is one that arrived: it is not kept again before it is changed. */
  #takeOver() {
    if (isBack() && !this.#isTouched && !this.#about) this.#draft.remove(this.#field.value);
    return "";
  }

  #adoptOther() {
    const draft = this.#draft.read(this.#field.defaultValue);
    if (draft) this.#draft.adopt(draft);
    return draft;
  }

  /** Shows the line on something, or none, and returns its sentence. */
  #show(about) {
    this.#about = about;
    this.line.hidden = !about;
    if (!about) {
      this.line.replaceChildren();
      return "";
    }
    const { sentence, offers } = LINES[about];
    const said = this.#sentences.translate(sentence);
    const links = offers.map((name) => makeLink(this.#sentences.translate(ACTIONS[name]), () => this.#act(name)));
    this.line.replaceChildren(said, ...links.flatMap((link) => [" ", link]));
    return said;
  }

  #act(name) {
    const hadFocus = this.line.contains(document.activeElement);
    if (name === "forget") this.#forgetByHand();
    else if (name === "undo") this.#setText(this.#deleted);
    else if (name === "use") this.#useOther();
    else this.#switch(name === "stop");
    // The button that was pressed by a key is gone; after a touch, the field would open the keyboard.
    if (hadFocus && document.activeElement !== this.#field) (this.line.querySelector("button") ?? this.#field).focus();
  }

  #forgetByHand() {
    const { value, defaultValue } = this.#field;
    const isOther = this.#about === "other";
    this.forget();
    if (isOther || !isEditable(this.#field)) return;
    this.#deleted = value;
    this.#show("deleted");
    this.#setText(defaultValue);
    this.#draft.remove(defaultValue);
  }

  #useOther() {
    const draft = this.#adoptOther();
    this.#show("");
    if (draft) this.#setText(draft.text);
  }

  #switch(isOff) {
    switchDrafts(isOff);
    this.#draft.remove();
    this.#show(isOff ? "off" : "");
    if (!isOff) this.save();
  }

  #setText(text) {
    if (isEditable(this.#field)) replaceText(this.#field, 0, this.#field.value.length, text);
  }

  #changedElsewhere() {
    const isOff = areOff();
    if (isOff !== (this.#about === "off")) this.#show(isOff ? "off" : "");
    else if (["shared", "restored", "pending"].includes(this.#about) && !this.#draft.isKept) this.#show("");
  }
}
