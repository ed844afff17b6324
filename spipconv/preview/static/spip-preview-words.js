/** The widget's sentences: English in the source, other languages from the catalogues, and what a site says instead. */

import { CATALOGUES } from "./spip-preview-catalogues.js";

/** Marks a sentence that is translated when it is shown. */
export const mark = (sentence) => sentence;

/** The widget's sentences in a language; in English if that has no catalogue and the site no words of its own. */
export class Sentences {
  #catalogue;
  #plural;

  /** `words` are those of the site: by sentence, what is said instead; by category if it depends on a number. */
  constructor(language, words = {}) {
    const name = language.toLowerCase().split(/[-_]/, 1)[0];
    const isKnown = Object.hasOwn(CATALOGUES, name);
    const isOwn = Object.keys(words).length > 0;
    this.#catalogue = { ...(isKnown ? CATALOGUES[name] : {}), ...words };
    this.#plural = isKnown || isOwn ? pluralOf(name) : null;
    this.language = this.#plural ? name : "en";
    this.#plural ??= pluralOf("en");
    this.direction = directionOf(this.language);
  }

  /** Returns a sentence with values in place of the names in its braces. */
  translate(sentence, values = {}) {
    const translated = this.#catalogue[sentence];
    return fill(typeof translated === "string" ? translated : sentence, values);
  }

  /** Returns the form of a sentence for so many things; `{number}` is their number. */
  translatePlural(singular, plural, number) {
    const forms = this.#catalogue[singular];
    const category = this.#plural.select(number);
    const translated = typeof forms === "string" ? forms : (forms?.[category] ?? forms?.other);
    return fill(typeof translated === "string" ? translated : number === 1 ? singular : plural, { number });
  }
}

const fill = (sentence, values) =>
  sentence.replace(/\{(\w+)\}/g, (place, name) => (Object.hasOwn(values, name) ? String(values[name]) : place));

function pluralOf(language) {
  try {
    return new Intl.PluralRules(language);
  } catch {
    return null;
  }
}

/** Returns the words that a site put into a widget, as JSON in a script that is not run; none if it is no object. */
export function readWords(widget) {
  const source = widget.querySelector("script[type='application/json'].spip-preview-words");
  if (!source) return {};
  try {
    return checkWords(JSON.parse(source.textContent));
  } catch (error) {
    tell(`the words in .spip-preview-words are not JSON: ${error.message}`);
    return {};
  }
}

/** Returns words as they are given, or none if they are no object. */
export const checkWords = (words) => (words && typeof words === "object" && !Array.isArray(words) ? words : {});

const told = new Set();

/** Tells the page's author, in the browser's console and once a page, what visitors can do nothing about. */
export function tell(sentence) {
  if (told.has(sentence)) return;
  told.add(sentence);
  // eslint-disable-next-line no-console -- it is for the page's author, not for visitors
  console.warn(`<spip-preview>: ${sentence}`);
}

const RIGHT_TO_LEFT = new Set("ar arc ckb dv fa glk he ks mzn nqo pnb ps sd syr ug ur yi".split(" "));
const SCRIPTS = new Set("adlm arab hebr mand nkoo rohg samr syrc thaa".split(" "));

/** Returns the direction of a language, `ltr` or `rtl`, from the script in its name if there is one. */
export function directionOf(language) {
  const [name, ...rest] = language.toLowerCase().split(/[-_]/);
  const script = rest.find((part) => /^[a-z]{4}$/.test(part));
  return (script ? SCRIPTS.has(script) : RIGHT_TO_LEFT.has(name)) ? "rtl" : "ltr";
}
