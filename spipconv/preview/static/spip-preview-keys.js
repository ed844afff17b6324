/** Keys that do more in the text field than they usually do: the toolbar's, Enter, and pasting. */

import { continueList, isEditable, pasteLink } from "./spip-preview-editing.js";
import { findSendButton } from "./spip-preview-sending.js";
import { findCommand, isWithControl } from "./spip-preview-toolbar.js";

/** Handles the keys of a field until the signal aborts; its form is sent to see a preview if there is no other button. */
export function listenToKeys(field, endpoint, signal) {
  const press = (event) => {
    if (!isEditable(field) || event.isComposing) return;
    const isDone = isWithControl(event) ? pressWithControl(event, field, endpoint) : pressAlone(event, field);
    if (isDone) event.preventDefault();
  };
  const paste = (event) => {
    const text = event.clipboardData?.getData("text/plain");
    if (text && isEditable(field) && pasteLink(field, text)) event.preventDefault();
  };
  field.addEventListener("keydown", press, { signal });
  field.addEventListener("paste", paste, { signal });
}

function pressAlone(event, field) {
  const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.shiftKey;
  return event.key === "Enter" && isPlain && continueList(field);
}

function pressWithControl(event, field, endpoint) {
  const { form } = field;
  if (event.key === "Enter" && !event.shiftKey && form) {
    if (!event.repeat) form.requestSubmit(findSendButton(form, endpoint));
    return true;
  }
  const command = findCommand(event);
  command?.run(field);
  return Boolean(command);
}
