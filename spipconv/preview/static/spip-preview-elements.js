/** New elements, and groups of buttons that are one stop of the Tab key. */

/** Returns a new element. */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** Returns a button that looks like a link. */
export function makeLink(words, act) {
  const button = make("button", { type: "button", class: "spip-preview-link" }, words);
  button.addEventListener("click", act);
  return button;
}

/** Keeps the focus, and so a phone's keyboard, where it is while the buttons of a group are pressed. */
export function keepFocus(group) {
  group.addEventListener("mousedown", (event) => event.target.closest("button") && event.preventDefault());
}

/** Makes the buttons of a group, now and later, one stop of the Tab key: arrow keys lead from one to the next. */
export function makeOneStop(group, isVertical = false) {
  group.addEventListener("keydown", (event) => move(group, event, isVertical));
  group.addEventListener("focusin", (event) => stopAt(group, event.target.closest("button")));
}

/** Makes a button the one at which the Tab key stops; the first one if it is not in the group. */
export function stopAt(group, wanted) {
  const buttons = [...group.querySelectorAll("button")];
  const stop = buttons.includes(wanted) ? wanted : buttons[0];
  for (const button of buttons) button.tabIndex = button === stop ? 0 : -1;
}

function move(group, event, isVertical) {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const buttons = [...group.querySelectorAll("button")];
  const isMirrored = getComputedStyle(group).direction === "rtl";
  const steps = isVertical
    ? { ArrowDown: 1, ArrowUp: -1 }
    : { ArrowRight: isMirrored ? -1 : 1, ArrowLeft: isMirrored ? 1 : -1 };
  const step = steps[event.key];
  const index = buttons.indexOf(event.target);
  let next = null;
  if (step) next = buttons.at((index + step) % buttons.length);
  else if (event.key === "Home") next = buttons[0];
  else if (event.key === "End") next = buttons.at(-1);
  if (!next) return;
  event.preventDefault();
  next.focus();
}
