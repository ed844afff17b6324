/** What may be shown of a server's HTML: a short list of elements and attributes; the server cleans it, too. */

const XHTML = "http://www.w3.org/1999/xhtml";
const DEEPEST = 200;
const ELEMENTS = new Set(
  `a abbr b big bdi bdo blockquote br caption center cite code col colgroup dd del details dfn div dl dt em figcaption
  figure h1 h2 h3 h4 h5 h6 hr i ins kbd li mark ol p pre q rp rt ruby s samp small span strike strong sub summary sup
  table tbody td tfoot th thead time tr tt u ul var wbr`.split(/\s+/),
);
const DROPPED = new Set(
  `applet audio base button canvas embed frame frameset head iframe input link math meta noembed noframes object option
  plaintext script select style svg template textarea title video xmp`.split(/\s+/),
);
const CLASSES = new Set(
  "autobr even manualbr notes numeric odd offscreen precode row_even row_first row_odd summary table".split(" "),
);
const PROTOCOLS = new Set(
  ["http:", "https:", "mailto:", "ftp:", "tel:", "geo:", "news:", "sftp:", "sms:", "xmpp:"]);

const asIs = (value) => value;
const smallNumber = (value) => (/^-?\d{1,4}$/.test(value) ? value : null);
const oneOf = (...words) => (value) => (words.includes(value) ? value : null);
const isKnownClass = (name) => CLASSES.has(name) || (name.startsWith("spip") && !name.startsWith("spip-preview"));

/** By attribute: the value that is kept of a given one, or nothing. */
const ATTRIBUTES = {
  class: (value) => value.split(/\s+/).filter(isKnownClass).join(" ") || null,
  colspan: smallNumber,
  dir: oneOf("ltr", "rtl", "auto"),
  headers: (value, prefix) => value.replace(/\S+/g, (id) => prefix + id),
  hreflang: asIs,
  id: (value, prefix) => (value ? prefix + value : null),
  lang: asIs,
  role: oneOf("list"),
  rowspan: smallNumber,
  scope: oneOf("col", "colgroup", "row", "rowgroup"),
  start: smallNumber,
  title: asIs,
  value: smallNumber,
};

/** Elements that are not named do not even exist: one with an event handler crashed Chromium 156 (<marquee onstart>). */
const SANITIZER = {
  elements: ["html", "head", "body", ...ELEMENTS],
  attributes: [...Object.keys(ATTRIBUTES), "href"],
  comments: false,
};

let policy;

/** For browsers without Document.parseHTML: a page that requires Trusted Types allows this policy. */
function trust(html) {
  try {
    policy ??= globalThis.trustedTypes?.createPolicy("spip-preview", { createHTML: asIs });
  } catch {
    // Where our name is not allowed, Trusted Types need not be required.
  }
  return policy ? policy.createHTML(html) : html;
}

/** Returns a document in which no script runs and nothing is loaded. */
function parseInertly(html) {
  // It drops all that can run scripts, so that no policy is needed.
  if (Document.parseHTML) return Document.parseHTML(html, { sanitizer: SANITIZER });
  return new DOMParser().parseFromString(trust(html), "text/html");
}

/**
 * Returns what may be shown of a server's HTML, rebuilt from an inert document.
 *
 * @param {string} html
 * @param {string} prefix before every id, so that none is one of the page's
 * @returns {DocumentFragment}
 * @throws {TypeError} in older browsers, if the page requires Trusted Types and does not allow our policy
 */
export function harmless(html, prefix) {
  const fragment = document.createDocumentFragment();
  const { body } = parseInertly(html);
  // Of a <frameset>, the sanitizer leaves no body.
  if (body) copyChildren(body, fragment, prefix, 0);
  return fragment;
}

function copyChildren(from, to, prefix, depth) {
  for (const child of from.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) to.append(child.data);
    else if (child.nodeType === Node.ELEMENT_NODE) copyElement(child, to, prefix, depth + 1);
  }
}

function copyElement(element, to, prefix, depth) {
  // Fields of a form may hide its properties.
  if (element instanceof HTMLFormElement || element.namespaceURI !== XHTML || DROPPED.has(element.localName)) return;
  if (depth > DEEPEST) return to.append(element.textContent);
  if (!ELEMENTS.has(element.localName)) return copyChildren(element, to, prefix, depth);
  const copy = document.createElement(element.localName);
  for (const { name, value } of element.attributes) {
    const kept = Object.hasOwn(ATTRIBUTES, name) ? ATTRIBUTES[name](value, prefix) : null;
    if (kept !== null) copy.setAttribute(name, kept);
  }
  if (element.localName === "a" && element.hasAttribute("href")) copyAddress(element.getAttribute("href"), copy, prefix);
  copyChildren(element, copy, prefix, depth);
  to.append(copy);
}

function copyAddress(address, link, prefix) {
  if (address.startsWith("#") && address.length > 1) {
    link.setAttribute("href", `#${prefix}${address.slice(1)}`);
    return;
  }
  if (!URL.canParse(address, document.baseURI)) return;
  if (!PROTOCOLS.has(new URL(address, document.baseURI).protocol)) return;
  link.setAttribute("href", address);
  link.target = "_blank";
  link.rel = "noopener nofollow ugc";
}

