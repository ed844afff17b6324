/** The preview server: the latest text goes out, its preview comes in, or the reason why there is none. */

const PATIENCE = 15_000;
const FIRST_RETRY = 1000;
const LAST_RETRY = 30_000;
const DEFAULT_WAIT = 5;

/** Why a request brought no preview: `kind` is also the element's state. */
class Failure extends Error {
  constructor(kind, details = {}) {
    super(details.message ?? "");
    this.kind = kind;
    this.status = details.status ?? 0;
    this.wait = details.wait ?? 0;
    this.code = details.code ?? "";
  }
}

function readWait(response) {
  const given = response.headers.get("Retry-After");
  if (given === null) return DEFAULT_WAIT;
  const seconds = /^\d+$/.test(given) ? Number(given) : (Date.parse(given) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.min(Math.max(Math.ceil(seconds), 1), 3600) : DEFAULT_WAIT;
}

async function readJson(response) {
  try {
    return await response.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    return null;
  }
}

/** Throws the failure that the server's answer stands for. */
function refuse(response, answer) {
  const { status } = response;
  const message = typeof answer?.error?.message === "string" ? answer.error.message : "";
  const code = answer?.error?.code;
  if (status === 429 || (status === 503 && response.headers.has("Retry-After")))
    throw new Failure("waiting", { status, message, wait: readWait(response) });
  if (status === 413) throw new Failure("too-long", { status, message });
  if (status >= 500 || status === 408 || response.ok) throw new Failure("offline", { status, message });
  throw new Failure("failed", { status, message, code });
}

/** @returns {Promise<{html: string, diagnostics: object[], lang: string}>} */
async function ask(endpoint, text, lang, ownLanguage, signal) {
  const response = await fetch(endpoint, {
    method: "POST",
    headers: { Accept: "application/json", "Accept-Language": ownLanguage, "Content-Type": "application/json" },
    body: JSON.stringify(lang ? { text, lang } : { text }),
    cache: "no-store",
    signal,
  });
  const answer = await readJson(response);
  if (!response.ok || typeof answer?.html !== "string") refuse(response, answer);
  const diagnostics = Array.isArray(answer.diagnostics) ? answer.diagnostics : [];
  return { html: answer.html, diagnostics, lang: response.headers.get("Content-Language") ?? lang };
}

/** Returns whether there is a server whose answers a page of this origin may not read. */
async function isThere(endpoint, signal) {
  try {
    await fetch(endpoint, { method: "HEAD", mode: "no-cors", cache: "no-store", credentials: "omit", signal });
    return true;
  } catch {
    return false;
  }
}

/** Asks a server for previews: one at a time, again after failures, and no sooner than the server allows. */
export class PreviewServer {
  #endpoint;
  #languages;
  #owner;
  #unknownLanguage = "";

  #timer = 0;
  #request = null;
  #asked = null;
  #shown = null;
  #refused = null;
  #attempts = 0;
  #notBefore = 0;
  #isKnownToWork = false;

  /**
   * `languages` returns that of the text and that of the widget. The owner's `text` is what to ask for; it is told what
   * happens: `empty`, `unchanged`, `asking`, `answered(text, answer)`, `failed(failure)`, `unknownLanguage(name)`.
   */
  constructor(endpoint, languages, owner) {
    this.#endpoint = endpoint;
    this.#languages = languages;
    this.#owner = owner;
  }

  /** Asks for the text as it is then, after so many milliseconds. */
  schedule(delay) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.look(), delay);
  }

  /** Asks for the text as it is, as soon as the server allows; where there is none, nothing is waited for. */
  look() {
    clearTimeout(this.#timer);
    const { text } = this.#owner;
    const wait = this.#notBefore - Date.now();
    if (!text.trim()) this.#clear();
    else if (wait > 0) this.schedule(wait);
    else if (!document.hidden && text !== this.#asked) this.#take(text);
  }

  /** Asks at once, even for the text that is shown. */
  refresh() {
    this.#shown = null;
    this.#refused = null;
    this.schedule(0);
  }

  /** Asks no more; what is asked has no answer. */
  stop() {
    clearTimeout(this.#timer);
    this.#cancel();
  }

  #take(text) {
    this.#cancel();
    if (text === this.#shown) this.#owner.unchanged();
    else if (text !== this.#refused) this.#ask(text);
  }

  #clear() {
    this.#cancel();
    this.#shown = null;
    this.#owner.empty();
  }

  #cancel() {
    this.#request?.abort();
    this.#request = null;
    this.#asked = null;
  }

  async #ask(text) {
    const request = new AbortController();
    const patience = setTimeout(() => request.abort(), PATIENCE);
    this.#request = request;
    this.#asked = text;
    this.#owner.asking();
    let answer = null;
    let failure = null;
    try {
      answer = await this.#askInLanguage(text, request.signal);
    } catch (error) {
      failure = error instanceof Failure ? error : await this.#explain(request.signal);
    }
    clearTimeout(patience);
    if (request !== this.#request) return;
    this.#cancel();
    if (failure) this.#fail(text, failure);
    else this.#succeed(text, answer);
  }

  /** A language that the server does not know is left out, so that it takes its own. */
  async #askInLanguage(text, signal) {
    const [lang, ownLanguage] = this.#languages();
    const wanted = lang === this.#unknownLanguage ? "" : lang;
    try {
      return await ask(this.#endpoint, text, wanted, ownLanguage, signal);
    } catch (error) {
      if (!wanted || error.code !== "wrong-lang") throw error;
    }
    const answer = await ask(this.#endpoint, text, "", ownLanguage, signal);
    this.#unknownLanguage = lang;
    this.#owner.unknownLanguage(lang);
    return answer;
  }

  #succeed(text, answer) {
    this.#shown = text;
    this.#refused = null;
    this.#attempts = 0;
    this.#isKnownToWork = true;
    this.#owner.answered(text, answer);
  }

  #fail(text, failure) {
    if (failure.kind === "waiting") {
      this.#notBefore = Date.now() + failure.wait * 1000;
      this.schedule(0);
    } else if (failure.kind === "offline") {
      this.#attempts += 1;
      this.schedule(Math.min(FIRST_RETRY * 2 ** (this.#attempts - 1), LAST_RETRY) * (0.75 + Math.random() / 2));
    } else if (failure.kind !== "forbidden") this.#refused = text;
    this.#owner.failed(failure);
  }

  /** A browser does not say why a request to another origin failed. */
  async #explain(signal) {
    const isForeign = new URL(this.#endpoint).origin !== location.origin;
    const isForbidden =
      isForeign && navigator.onLine && !this.#isKnownToWork && !signal.aborted && (await isThere(this.#endpoint, signal));
    return new Failure(isForbidden ? "forbidden" : "offline");
  }
}

/** Returns the sentence on a failure. */
export function explain({ kind, status, wait, message }, sentences) {
  if (kind === "waiting")
    return sentences.translate("Too many preview requests: next preview in {seconds} s.", { seconds: wait });
  if (kind === "too-long") return message || sentences.translate("This text is too long to preview.");
  if (kind === "forbidden")
    return sentences.translate("The preview server does not accept requests from this site (CORS).");
  if (kind === "failed") {
    if (!status) return sentences.translate("This page does not allow the preview to be shown (Trusted Types).");
    const sentence = sentences.translate("The preview server rejected this text (error {status}).", { status });
    return message ? `${sentence} ${message}` : sentence;
  }
  return navigator.onLine
    ? sentences.translate("The preview server is not responding: the preview is out of date. Retrying automatically.")
    : sentences.translate("You are offline: the preview is out of date. It will resume automatically.");
}
