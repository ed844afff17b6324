/**
 * A page of jsdom for the widget, with a clock and a server of the tests' own.
 *
 * The widget is a module that defines its element once, so that all tests of a file share a window; each test gets
 * an empty page.
 */

import assert from "node:assert/strict";
import { mock } from "node:test";
import { JSDOM, VirtualConsole } from "jsdom";

export const ENDPOINT = "https://site.example/preview";
const PAGE = "https://site.example/article";

const errors = [];
const virtualConsole = new VirtualConsole();
virtualConsole.on("jsdomError", (error) => errors.push(error));

const { window } = new JSDOM('<!DOCTYPE html><html lang="en"><body></body></html>', {
  url: PAGE,
  virtualConsole,
  pretendToBeVisual: true,
});

const GLOBALS = `AbortController CustomEvent DOMParser Document Element Event HTMLElement HTMLFormElement InputEvent KeyboardEvent
MutationObserver Node NodeFilter document getComputedStyle history localStorage location sessionStorage window`.split(/\s+/);
for (const name of [...GLOBALS, "customElements", "navigator"])
  Object.defineProperty(globalThis, name, { value: window[name], configurable: true, writable: true });
// What jsdom does not have: it lays nothing out and edits nothing.
window.Element.prototype.scrollIntoView = () => {};
window.document.execCommand = () => false;
globalThis.ResizeObserver = class {
  observe() {}

  disconnect() {}
};

await import("../../../spipconv/preview/static/spip-preview.js");

/** A request of the widget, to be answered or left unanswered. */
class Request {
  constructor(address, options, settle) {
    this.address = address;
    this.options = options;
    this.body = options.body && JSON.parse(options.body);
    this.settle = settle;
    options.signal?.addEventListener("abort", () => settle.reject(new DOMException("aborted", "AbortError")));
  }

  get isAborted() {
    return this.options.signal.aborted;
  }

  /** Answers with an object, as the server does; `status` and `headers` as wanted. */
  async answer(content, { status = 200, headers = {} } = {}) {
    const body = typeof content === "string" ? content : JSON.stringify(content);
    this.settle.resolve(new Response(body, { status, headers }));
    await promisesKept();
  }

  /** Answers with a preview. */
  async show(html, diagnostics = []) {
    await this.answer({ html, diagnostics });
  }

  /** Fails as a request does that reaches nobody. */
  async fail() {
    this.settle.reject(new TypeError("Failed to fetch"));
    await promisesKept();
  }
}

/** The requests of the current test, in order. */
export const requests = [];

/** Returns the last request. */
export const lastRequest = () => requests.at(-1);

/** Returns when every promise that can go on has done so. */
export async function promisesKept() {
  for (let round = 0; round < 20; round += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Lets time pass on the widget's clock. */
export async function pass(milliseconds) {
  mock.timers.tick(milliseconds);
  await promisesKept();
}

/** Starts a test: nothing on the page, nothing kept, no time gone, a server that answers when it is told to. */
export function begin() {
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: Date.UTC(2026, 0, 1) });
  mock.method(Math, "random", () => 0.5);
  requests.length = 0;
  globalThis.fetch = (address, options) =>
    new Promise((resolve, reject) => requests.push(new Request(address, options, { resolve, reject })));
  document.documentElement.lang = "en";
  localStorage.clear();
  sessionStorage.clear();
}

/** Ends a test: the page is empty again, which stops the widgets; none has thrown an error. */
export async function end() {
  document.body.replaceChildren();
  delete window.navigator.onLine;
  delete document.hidden;
  mock.timers.reset();
  mock.restoreAll();
  await promisesKept();
  assert.deepEqual(errors.splice(0), []);
}

/** Puts markup on the page and returns its first widget and textarea. */
export function put(markup = '<spip-preview endpoint="/preview"><form><textarea name="text"></textarea></form></spip-preview>') {
  document.body.insertAdjacentHTML("beforeend", markup);
  const widget = document.querySelector("spip-preview");
  return { widget, field: widget.querySelector("textarea"), ...parts(widget) };
}

/** Returns the parts that a widget adds to its form. */
export function parts(widget) {
  const get = (name) => widget.querySelector(`.spip-preview-${name}`);
  return { view: get("view"), status: get("status"), toolbar: get("toolbar"), remarks: get("remarks") };
}

/** Types a text in the place of the one that is there. */
export function type(field, text) {
  field.value = text;
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
}

/** Types a text and waits until the widget asks for its preview; returns the request. */
export async function ask(field, text) {
  type(field, text);
  await pass(300);
  return lastRequest();
}

/** Returns the events of a kind that a widget fires from now on. */
export function listen(widget, name) {
  const events = [];
  widget.addEventListener(`spip-preview:${name}`, (event) => events.push(event.detail));
  return events;
}
