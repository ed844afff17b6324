import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { ask, begin, end, listen, pass, parts, put, requests, type } from "./page.js";

beforeEach(begin);
afterEach(end);

/** Returns a field's text with its selection between bars. */
function marked(field) {
  const { value, selectionStart: start, selectionEnd: end_ } = field;
  return `${value.slice(0, start)}|${value.slice(start, end_)}|${value.slice(end_)}`;
}

/** Writes a text with a selection between bars. */
function write(field, text) {
  const [before, inner, after] = text.split("|");
  field.value = before + inner + after;
  field.setSelectionRange(before.length, before.length + inner.length);
}

function press(target, key, options = {}) {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...options });
  target.dispatchEvent(event);
  return event;
}

const BUTTONS = { bold: 0, italic: 1, link: 2, quote: 3, code: 4, list: 5 };

describe("the toolbar", () => {
  for (const [button, before, after] of [
    ["bold", "un |mot| ici", "un {{|mot|}} ici"],
    ["bold", "un {{|mot|}} ici", "un |mot| ici"],
    ["bold", "un |{{mot}}| ici", "un |mot| ici"],
    ["bold", "un | mot | ici", "un  {{|mot|}}  ici"],
    ["bold", "{|mot|}", "{ {{|mot|}} }"],
    ["italic", "{{|mot|}}", "{{ {|mot|} }}"],
    ["italic", "||", "{||}"],
    ["quote", "|mot|", "<quote>|mot|</quote>"],
    ["code", "|mot|", "<code>|mot|</code>"],
    ["link", "|mot|", "[mot->|https://|]"],
    ["link", "|https://example.org/|", "[||->https://example.org/]"],
    ["list", "un\n|deux\ntrois|", "un\n|-* deux\n-* trois|"],
    ["list", "|-* deux\n-* trois|", "|deux\ntrois|"],
    ["list", "||", "-* ||"],
  ])
    it(`makes ${JSON.stringify(after)} of ${JSON.stringify(before)} (${button})`, () => {
      const { field, toolbar } = put();
      write(field, before);
      toolbar.querySelectorAll("button")[BUTTONS[button]].click();
      assert.equal(marked(field), after);
    });

  it("is heard by the widget as typing is", async () => {
    const { field, toolbar } = put();
    write(field, "|mot|");
    toolbar.querySelector("button").click();
    await pass(300);
    assert.equal(requests.at(-1).body.text, "{{mot}}");
  });

  for (const [name, options, after] of [
    ["b", { ctrlKey: true }, "{{|mot|}}"],
    ["i", { ctrlKey: true }, "{|mot|}"],
    ["K", { ctrlKey: true }, "[mot->|https://|]"],
    [">", { ctrlKey: true, shiftKey: true }, "<quote>|mot|</quote>"],
    ["e", { ctrlKey: true }, "<code>|mot|</code>"],
    ["_", { ctrlKey: true, shiftKey: true, code: "Digit8" }, "|-* mot|"],
  ])
    it(`has a shortcut: Ctrl+${name}`, () => {
      const { field } = put();
      write(field, "|mot|");
      assert.ok(press(field, name, options).defaultPrevented);
      assert.equal(marked(field), after);
    });

  for (const [name, options] of [
    ["without Ctrl", {}],
    ["with Alt", { ctrlKey: true, altKey: true }],
    ["with Shift", { ctrlKey: true, shiftKey: true }],
    ["while a word is composed", { ctrlKey: true, isComposing: true }],
  ])
    it(`leaves the key b alone ${name}`, () => {
      const { field } = put();
      write(field, "|mot|");
      assert.equal(press(field, "b", options).defaultPrevented, false);
      assert.equal(field.value, "mot");
    });

  it("changes nothing in a field that cannot be edited", () => {
    const { field, toolbar } = put();
    write(field, "|mot|");
    field.readOnly = true;
    toolbar.querySelector("button").click();
    press(field, "b", { ctrlKey: true });
    assert.equal(field.value, "mot");
  });

  it("is one stop of the Tab key, whose buttons the arrows reach", () => {
    const { toolbar, field } = put();
    const buttons = [...toolbar.querySelectorAll("button")];
    assert.deepEqual(
      buttons.map((button) => button.tabIndex),
      [0, -1, -1, -1, -1, -1],
    );
    buttons[0].focus();
    for (const [key, index] of [["ArrowRight", 1], ["ArrowLeft", 0], ["ArrowLeft", 5], ["Home", 0], ["End", 5], ["ArrowRight", 0]]) {
      press(document.activeElement, key);
      assert.equal(document.activeElement, buttons[index], key);
    }
    press(document.activeElement, "Escape");
    assert.equal(document.activeElement, field);
  });
});

describe("the draft", () => {
  const MARKUP = '<spip-preview endpoint="/preview"><form><textarea name="text"></textarea></form></spip-preview>';

  /** Leaves the page and comes back. */
  function reload(markup = MARKUP) {
    document.body.replaceChildren();
    return put(markup);
  }

  it("is found again after the page was left", async () => {
    await ask(put(MARKUP).field, "mon texte");
    const { field, widget } = reload();
    assert.equal(field.value, "mon texte");
    assert.match(widget.querySelector(".spip-preview-draft").textContent, /draft/);
    await pass(0);
    assert.equal(requests.at(-1).body.text, "mon texte");
  });

  it("is kept when the page is left before the typing pauses", () => {
    type(put(MARKUP).field, "mon texte");
    window.dispatchEvent(new window.Event("pagehide"));
    assert.equal(reload().field.value, "mon texte");
  });

  it("can be deleted", async () => {
    await ask(put(MARKUP).field, "mon texte");
    const { field, widget } = reload();
    widget.querySelector(".spip-preview-draft button").click();
    assert.equal(field.value, "");
    assert.equal(widget.querySelector(".spip-preview-draft"), null);
    assert.equal(localStorage.length, 0);
  });

  it("fires an event when it is restored", async () => {
    await ask(put(MARKUP).field, "mon texte");
    document.body.replaceChildren();
    const events = [];
    document.addEventListener("spip-preview:restored", (event) => events.push(event.type), { once: true });
    put(MARKUP);
    assert.equal(events.length, 1);
  });

  it("never replaces a text that the page brings", async () => {
    await ask(put(MARKUP).field, "mon texte");
    assert.equal(reload(MARKUP.replace("></textarea>", ">autre</textarea>")).field.value, "autre");
  });

  it("is not kept where nothing was changed, nor with draft=off", async () => {
    put(MARKUP.replace("></textarea>", ">de la page</textarea>"));
    await pass(0);
    assert.equal(localStorage.length, 0);
    document.body.replaceChildren();
    await ask(put(MARKUP.replace("<spip-preview", '<spip-preview draft="off"')).field, "mon texte");
    assert.equal(localStorage.length, 0);
  });

  it("is forgotten when the form is sent or emptied, and by forgetDraft()", async () => {
    for (const forget of [
      (widget, form) => form.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true })),
      (widget, form) => form.reset(),
      (widget) => widget.forgetDraft(),
    ]) {
      const { field, widget } = put(MARKUP);
      await ask(field, "mon texte");
      assert.equal(localStorage.length, 1);
      forget(widget, field.form);
      assert.equal(localStorage.length, 0);
      document.body.replaceChildren();
      localStorage.clear();
    }
  });

  it("is kept where sending was stopped by the page", async () => {
    const { field, widget } = put(MARKUP);
    await ask(field, "mon texte");
    widget.firstElementChild.addEventListener("submit", (event) => event.preventDefault());
    field.form.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
    assert.equal(localStorage.length, 1);
  });

  it("has a place of its own for each field", async () => {
    put(MARKUP);
    put(MARKUP);
    const widgets = [...document.querySelectorAll("spip-preview")];
    for (const [index, widget] of widgets.entries()) type(widget.querySelector("textarea"), `texte ${index}`);
    await pass(300);
    assert.equal(localStorage.length, 2);
    assert.notEqual(parts(widgets[0]).view.getAttribute("aria-label"), parts(widgets[1]).view.getAttribute("aria-label"));
  });

  it("is left out in silence where the browser keeps nothing", async (test) => {
    test.mock.method(Object.getPrototypeOf(localStorage), "setItem", () => {
      throw new DOMException("full", "QuotaExceededError");
    });
    const { field, widget } = put(MARKUP);
    await (await ask(field, "mon texte")).show("<p>mon texte</p>");
    assert.equal(widget.dataset.state, "shown");
  });
});

describe("the form's own preview", () => {
  const MARKUP = `<spip-preview endpoint="/preview"><form action="/send"><textarea name="text"></textarea>
    <button formaction="/preview">Preview</button><button>Send</button></form></spip-preview>`;

  function submit(form, submitter) {
    const event = new Event("submit", { bubbles: true, cancelable: true });
    Object.defineProperty(event, "submitter", { value: submitter });
    form.dispatchEvent(event);
    return event;
  }

  it("is the widget's, while it works", async () => {
    const { field } = put(MARKUP);
    await (await ask(field, "mot")).show("<p>mot</p>");
    assert.ok(submit(field.form, field.form.querySelector("[formaction]")).defaultPrevented);
    await pass(0);
    assert.equal(requests.length, 2);
    assert.equal(localStorage.length, 1);
  });

  it("is the server's where the widget may not ask", async () => {
    const { field, widget } = put(MARKUP.replaceAll("/preview\"", "https://other.example/preview\""));
    const failed = listen(widget, "failed");
    await (await ask(field, "mot")).fail();
    await requests.at(-1).answer("");
    assert.equal(failed[0].reason, "forbidden");
    assert.equal(submit(field.form, field.form.querySelector("[formaction]")).defaultPrevented, false);
  });

  it("does not stop the form from being sent", async () => {
    const { field } = put(MARKUP);
    await ask(field, "mot");
    assert.equal(submit(field.form, field.form.lastElementChild).defaultPrevented, false);
    assert.equal(localStorage.length, 0);
  });

  it("scrolls to a note inside the preview and leaves the address as it is", async () => {
    const { field, view } = put(MARKUP);
    await (await ask(field, "mot")).show('<a href="#nb1">1</a><p id="nb1">note</p>');
    const event = new window.MouseEvent("click", { bubbles: true, cancelable: true });
    view.querySelector("a").dispatchEvent(event);
    assert.ok(event.defaultPrevented);
    assert.equal(document.activeElement, view.querySelector("p"));
  });
});
