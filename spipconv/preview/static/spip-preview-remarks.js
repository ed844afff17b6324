/** The remarks: what the server has to say on the text, as a list that leads to the places. */

import { goTo } from "./spip-preview-editing.js";
import { keepFocus, make, makeOneStop, stopAt } from "./spip-preview-elements.js";
import { countRemarks } from "./spip-preview-pane.js";

const MOST_SHOWN = 20;

/** The list under the text field, which is one stop of the Tab key. */
export class Remarks {
  #field;
  #sentences;
  #title;
  #list;
  #more;

  constructor(field, sentences, number) {
    const id = `spip-preview-${number}-remarks`;
    this.#field = field;
    this.#sentences = sentences;
    this.#title = make("p", { class: "spip-preview-remarks-title", id });
    this.#list = make("ul", { class: "spip-preview-remarks-list", role: "list", "aria-labelledby": id });
    this.#more = make("p", { class: "spip-preview-more" });
    this.element = make("div", { class: "spip-preview-remarks" }, this.#title, this.#list, this.#more);
    this.element.hidden = true;
    keepFocus(this.#list);
    makeOneStop(this.#list, true);
  }

  /** Shows the first remarks, and how many there are. */
  show(diagnostics) {
    const list = this.#list;
    const hadFocus = this.element.contains(document.activeElement);
    const shown = diagnostics.slice(0, MOST_SHOWN);
    while (list.children.length > shown.length) list.lastElementChild.remove();
    while (list.children.length < shown.length) list.append(this.#makeItem());
    shown.forEach((diagnostic, index) => this.#fill(list.children[index].firstElementChild, diagnostic));
    stopAt(list, list.querySelector("[tabindex='0']"));
    this.#title.textContent = countRemarks(this.#sentences, diagnostics.length);
    const rest = diagnostics.length - shown.length;
    this.#more.textContent = this.#sentences.translatePlural("… and one more", "… and {number} more", rest);
    this.#more.hidden = !rest;
    this.element.hidden = !shown.length;
    if (hadFocus && !this.element.contains(document.activeElement)) this.#field.focus();
  }

  #makeItem() {
    const button = make("button", { type: "button", class: "spip-preview-remark", tabindex: "-1" });
    button.addEventListener("click", () => goTo(this.#field, Number(button.dataset.line), Number(button.dataset.column)));
    return make("li", {}, button);
  }

  #fill(button, { line, column, severity, message }) {
    button.dataset.line = Number(line) || 1;
    button.dataset.column = Number(column) || 1;
    button.dataset.severity = String(severity);
    const place = this.#sentences.translate("Line {line}", { line: button.dataset.line });
    const where = make("span", { class: "spip-preview-place" }, place);
    // The sentence may be in another language than the widget's words.
    const sentence = make("span", { class: "spip-preview-message", dir: "auto" }, String(message));
    button.replaceChildren(where, " ", sentence);
  }
}
