/** The toolbar: its buttons and their keys. */

import { insertLink, isEditable, surround, surroundWords, toggleList } from "./spip-preview-editing.js";
import { keepFocus, make, makeOneStop, stopAt } from "./spip-preview-elements.js";
import { mark } from "./spip-preview-words.js";

const IS_APPLE = /^(mac|iphone|ipad)/i.test(navigator.platform);

const isLetter = (event, letter) => !event.shiftKey && event.key.toLowerCase() === letter;

/** The buttons; `keys` returns whether a key pressed with Ctrl (Cmd) is theirs, on any keyboard layout. */
const COMMANDS = [
  { name: "bold", label: mark("Bold"), run: surroundWords("{{", "}}"), shown: "B", keys: (e) => isLetter(e, "b") },
  { name: "italic", label: mark("Italic"), run: surroundWords("{", "}"), shown: "I", keys: (e) => isLetter(e, "i") },
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

/** Returns whether a key is pressed with Ctrl, or with Cmd on a Mac, and with nothing but Shift besides. */
export function isWithControl(event) {
  const isOurs = IS_APPLE ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey;
  return isOurs && !event.altKey && !event.isComposing;
}

/** Returns the command that a key pressed with Ctrl (Cmd) stands for, if any. */
export const findCommand = (event) => COMMANDS.find(({ keys }) => keys(event));

/** Returns the toolbar of a field. */
export function makeToolbar(sentences, field) {
  const buttons = COMMANDS.map((command) => {
    const button = makeButton(command, sentences);
    button.addEventListener("click", () => isEditable(field) && command.run(field));
    return button;
  });
  const label = sentences.translate("Formatting");
  const bar = make("div", { role: "toolbar", class: "spip-preview-toolbar", "aria-label": label }, ...buttons);
  makeOneStop(bar);
  stopAt(bar, buttons[0]);
  keepFocus(bar);
  return bar;
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
      "aria-label": words,
      "aria-keyshortcuts": `${IS_APPLE ? "Meta" : "Control"}+${shown}`,
      title: `${words} (${IS_APPLE ? "⌘" : `${control}+`}${keys})`,
    },
    makeFace(name, sentences),
  );
}

function makeFace(name, sentences) {
  if (name in ICONS) return makeIcon(name);
  // Translators: the letters on the buttons for bold and italic
  const letter = name === "bold" ? sentences.translate("B") : sentences.translate("I");
  return make("span", { "aria-hidden": "true", class: `spip-preview-letter spip-preview-letter-${name}` }, letter);
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
