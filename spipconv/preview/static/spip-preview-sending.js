/** Which buttons send a form, and which of them only ask the server for a preview. */

/** Returns whether a form that is sent by this button, or by none, goes to the preview server. */
export function isForPreview(form, button, endpoint) {
  const given = button?.getAttribute("formaction") ?? form.getAttribute("action") ?? "";
  return URL.canParse(given, document.baseURI) && new URL(given, document.baseURI).href === endpoint;
}

/** Returns the first button that sends the form, not to the preview server if there is another one. */
export function findSendButton(form, endpoint) {
  const buttons = [...form.elements].filter((element) => element.matches("[type=submit], [type=image], button:not([type])"));
  const enabled = buttons.filter((button) => !button.matches(":disabled"));
  return enabled.find((button) => !isForPreview(form, button, endpoint)) ?? enabled[0] ?? null;
}
