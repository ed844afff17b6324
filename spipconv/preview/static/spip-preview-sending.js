/** Which buttons send a form, and which of them only ask the server for a preview. */

/** Returns whether a form that is sent by this button, or by none, only asks for a preview. */
export function isForPreview(form, button, endpoint) {
  if (button?.hasAttribute("data-spip-preview")) return true;
  const given = button?.getAttribute("formaction") ?? form.getAttribute("action") ?? "";
  return URL.canParse(given, document.baseURI) && new URL(given, document.baseURI).href === endpoint;
}

/** Returns the first button that sends the form, and not to see its preview if there is another one. */
export function findSendButton(form, endpoint) {
  const buttons = [...form.elements].filter((element) => element.matches("[type=submit], [type=image], button:not([type])"));
  const enabled = buttons.filter((button) => !button.matches(":disabled"));
  return enabled.find((button) => !isForPreview(form, button, endpoint)) ?? enabled[0] ?? null;
}
