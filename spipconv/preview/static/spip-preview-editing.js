/** What the widget changes in the text field: by its buttons, and by keys that do more than they usually do. */

/** Replaces a part of a textarea as if it were typed, so that undo brings it back. */
export function replaceText(field, start, end, text) {
  if (start === end && !text) return;
  field.focus();
  field.setSelectionRange(start, end);
  const isDone = document.execCommand(text ? "insertText" : "delete", false, text);
  if (isDone) return;
  field.setRangeText(text, start, end, "end");
  field.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertReplacementText", data: text }));
}

/** Returns whether a field may be changed. */
export const isEditable = (field) => !field.readOnly && !field.matches(":disabled");

function selectionOf(field) {
  const { value } = field;
  let [start, end] = [field.selectionStart, field.selectionEnd];
  while (start < end && /\s/.test(value[start])) start += 1;
  while (end > start && /\s/.test(value[end - 1])) end -= 1;
  return { value, start, end, inner: value.slice(start, end) };
}

// ------------------------------------------------------------------------------------------------ markers around

/** Adjacent markers would be read as one: {{ and { as the {{{ of a heading. */
const gap = (left, right) => (left === right && (left === "{" || left === "}") ? " " : "");

const wrap = (inner, before, after) =>
  before + gap(before.at(-1), inner[0]) + inner + gap(inner.at(-1), after[0]) + after;

/** Returns what is between the markers if they are around a text and its own, or nothing. */
function unwrap(text, before, after) {
  const bare = text.slice(before.length, text.length - after.length);
  return bare && text.startsWith(before) && text.endsWith(after) && bare[0] !== before.at(-1) ? bare : null;
}

/** Returns a command that puts markers around the selection, or removes them. */
export const surround = (before, after) => (field) => {
  const { value, start, end, inner } = selectionOf(field);
  const [first, last] = [start - before.length, end + after.length];
  const isInside =
    value.slice(first, start) === before && value.slice(end, last) === after && value[first - 1] !== before[0];
  if (isInside) {
    replaceText(field, first, last, inner);
    return field.setSelectionRange(first, first + inner.length);
  }
  const bare = unwrap(inner, before, after);
  if (bare !== null) {
    replaceText(field, start, end, bare);
    return field.setSelectionRange(start, start + bare.length);
  }
  const opening = gap(value[start - 1], before[0]) + before + gap(before.at(-1), inner[0]);
  const closing = gap(inner.at(-1), after[0]) + after + gap(after.at(-1), value[end]);
  replaceText(field, start, end, opening + inner + closing);
  field.setSelectionRange(start + opening.length, start + opening.length + inner.length);
};

/** Returns such a command for markers that end with their line: in a list, each of the items gets its own. */
export const surroundWords = (before, after) => (field) => {
  const { value, start, end } = selectionOf(field);
  const isWhole = start === lineStart(value, start);
  const pieces = value.slice(start, end).split("\n").map((line, index) => splitLine(line, index > 0 || isWhole));
  if (!pieces.some(({ marker }) => ITEM.test(marker))) return surround(before, after)(field);
  const words = pieces.filter(({ inner }) => inner);
  const isMarked = words.every(({ inner }) => unwrap(inner, before, after) !== null);
  for (const piece of words)
    piece.inner = isMarked ? unwrap(piece.inner, before, after) : wrap(piece.inner, before, after);
  const text = pieces.map(({ marker, inner, rest }) => marker + inner + rest).join("\n");
  replaceText(field, start, end, text);
  field.setSelectionRange(start, start + text.length);
};

/** A line that is selected from its start may begin with the marker of a list item. */
function splitLine(line, isWhole) {
  const marker = isWhole ? (ITEM.exec(line)?.[0] ?? "") : "";
  const inner = line.slice(marker.length).trim();
  const place = marker.length + line.slice(marker.length).indexOf(inner);
  return { marker: line.slice(0, place), inner, rest: line.slice(place + inner.length) };
}

// --------------------------------------------------------------------------------------------------------- links

const ADDRESS = /^(?:https?:\/\/|mailto:)\S+$/;

/** Makes a link of the selection: of words, or of an address. */
export function insertLink(field) {
  const { start, end, inner } = selectionOf(field);
  const isAddress = ADDRESS.test(inner);
  const address = isAddress ? inner : "https://";
  replaceText(field, start, end, isAddress ? `[->${address}]` : `[${inner}->${address}]`);
  if (isAddress) field.setSelectionRange(start + 1, start + 1);
  else field.setSelectionRange(start + inner.length + 3, start + inner.length + 3 + address.length);
}

/** Makes a link of the selected words if an address is pasted over them; returns whether it did. */
export function pasteLink(field, pasted) {
  const address = pasted.trim();
  const { start, end, inner } = selectionOf(field);
  if (!inner || /[[\]\n]|->/.test(inner) || ADDRESS.test(inner) || !ADDRESS.test(address)) return false;
  replaceText(field, start, end, `[${inner}->${address.replaceAll("[", "%5B").replaceAll("]", "%5D")}]`);
  return true;
}

// --------------------------------------------------------------------------------------------------------- lists

const ITEM = /^-(?:[*#]+[ \t]*|[ \t]+)/;

const lineStart = (value, offset) => (offset ? value.lastIndexOf("\n", offset - 1) + 1 : 0);

/** Makes list items of the selected lines, or lines of items. */
export function toggleList(field) {
  const { value, selectionStart, selectionEnd } = field;
  const start = lineStart(value, selectionStart);
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

/** Begins the next item of a list, or ends the list if the item is empty; returns whether the place is in a list. */
export function continueList(field) {
  const { value, selectionStart, selectionEnd } = field;
  const start = lineStart(value, selectionStart);
  const marker = ITEM.exec(value.slice(start, start + 100))?.[0];
  if (!marker || selectionStart < start + marker.length) return false;
  const next = value.indexOf("\n", selectionEnd);
  const line = value.slice(start, next < 0 ? value.length : next);
  // In SPIP, a list ends with an empty line.
  if (line.trim() === marker.trim()) replaceText(field, start, start + line.length, "\n");
  else replaceText(field, selectionStart, selectionEnd, `\n${marker}`);
  return true;
}

// -------------------------------------------------------------------------------------------------------- places

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

/** Selects the word at a place and scrolls to it. */
export function goTo(field, line, column) {
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
