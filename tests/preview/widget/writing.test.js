import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { ask, begin, end, listen, pass, put, requests } from "./page.js";

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

describe("keys that do more than they usually do", () => {
  for (const [before, after] of [
    ["-* un||", "-* un\n-* ||"],
    ["a\n-## un|deux|trois", "a\n-## un\n-## ||trois"],
    ["- un||", "- un\n- ||"],
    ["-* un\n-* ||", "-* un\n\n||"],
    ["-* un\n-*||", "-* un\n\n||"],
    ["-* un\n-* ||\n-* deux", "-* un\n\n||\n-* deux"],
  ])
    it(`Enter makes ${JSON.stringify(after)} of ${JSON.stringify(before)}`, () => {
      const { field } = put();
      write(field, before);
      assert.ok(press(field, "Enter").defaultPrevented);
      assert.equal(marked(field), after);
    });

  for (const text of ["un||", "-* un\nmot||", "--un||", "-un||", "||-* un", "-|| un"])
    it(`Enter is left alone in ${JSON.stringify(text)}`, () => {
      const { field } = put();
      write(field, text);
      assert.equal(press(field, "Enter").defaultPrevented, false);
    });

  for (const options of [{ shiftKey: true }, { altKey: true }, { isComposing: true }])
    it(`Enter is left alone with ${Object.keys(options)}`, () => {
      const { field } = put();
      write(field, "-* un||");
      assert.equal(press(field, "Enter", options).defaultPrevented, false);
    });

  const paste = (field, text) => {
    const event = new Event("paste", { bubbles: true, cancelable: true });
    event.clipboardData = { getData: () => text };
    field.dispatchEvent(event);
    return event;
  };

  for (const [before, pasted, after] of [
    ["un |mot| ici", "https://example.org/a", "un [mot->https://example.org/a]|| ici"],
    ["un| mot |ici", " mailto:a@example.org\n", "un [mot->mailto:a@example.org]|| ici"],
    ["|mot|", "https://example.org/[a]", "[mot->https://example.org/%5Ba%5D]||"],
  ])
    it(`makes ${JSON.stringify(after)} where ${JSON.stringify(pasted)} is pasted over ${JSON.stringify(before)}`, () => {
      const { field } = put();
      write(field, before);
      assert.ok(paste(field, pasted).defaultPrevented);
      assert.equal(marked(field), after);
    });

  for (const [text, pasted] of [
    ["un || ici", "https://example.org/"],
    ["|mot|", "un autre mot"],
    ["|mot|", "https://example.org/ et plus"],
    ["|mot|", "data:text/html,x"],
    ["|https://example.com/|", "https://example.org/"],
    ["|[mot->art1]|", "https://example.org/"],
    ["|un\ndeux|", "https://example.org/"],
  ])
    it(`leaves the paste of ${JSON.stringify(pasted)} over ${JSON.stringify(text)} alone`, () => {
      const { field } = put();
      write(field, text);
      assert.equal(paste(field, pasted).defaultPrevented, false);
    });

  for (const [button, before, after] of [
    ["bold", "|-* un\n-* deux|", "|-* {{un}}\n-* {{deux}}|"],
    ["bold", "|-* {{un}}\n-* {{deux}}|", "|-* un\n-* deux|"],
    ["italic", "a\n|-# un\n\n-# {{deux}} |\n", "a\n|-# {un}\n\n-# { {{deux}} }| \n"],
    ["bold", "-* un |deux\n-* trois| quatre", "-* un |{{deux}}\n-* {{trois}}| quatre"],
    ["bold", "|un\ndeux|", "{{|un\ndeux|}}"],
    ["bold", "-* un |deux| trois", "-* un {{|deux|}} trois"],
  ])
    it(`${button} makes ${JSON.stringify(after)} of ${JSON.stringify(before)}`, () => {
      const { field, toolbar } = put();
      write(field, before);
      toolbar.querySelectorAll("button")[BUTTONS[button]].click();
      assert.equal(marked(field), after);
    });

  it("Ctrl+Enter sends the form, by the button that does not ask for a preview", () => {
    const { field } = put(`<spip-preview endpoint="/preview"><form action="/send"><textarea></textarea>
      <button formaction="/preview">Preview</button><button name="send">Send</button></form></spip-preview>`);
    const sent = [];
    field.form.addEventListener("submit", (event) => {
      event.preventDefault();
      sent.push(event.submitter.name);
    });
    write(field, "mot||");
    assert.ok(press(field, "Enter", { ctrlKey: true }).defaultPrevented);
    press(field, "Enter", { ctrlKey: true, repeat: true });
    assert.deepEqual(sent, ["send"]);
  });

  it("does not take the focus from the text, and so does not close a phone's keyboard", async () => {
    const { field, toolbar, remarks } = put();
    await (await ask(field, "mot")).show("", [{}]);
    for (const button of [toolbar.querySelector("button"), remarks.querySelector("button")]) {
      const event = new window.MouseEvent("mousedown", { bubbles: true, cancelable: true });
      button.dispatchEvent(event);
      assert.ok(event.defaultPrevented);
    }
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
    assert.doesNotMatch(sessionStorage.getItem("spip-preview:draft:/article#text"), /sent/);
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
  });

  it("is that of a button that the host marks, too", async () => {
    const { field } = put(MARKUP.replace("<button>Send", '<button data-spip-preview>Look</button><button>Send'));
    await (await ask(field, "mot")).show("<p>mot</p>");
    assert.ok(submit(field.form, field.form.querySelector("[data-spip-preview]")).defaultPrevented);
    await pass(0);
    assert.equal(requests.length, 2);
  });

  it("leaves the sending to the host's script if that wants it", async () => {
    const { field, widget } = put(MARKUP);
    await ask(field, "mot");
    const texts = [];
    widget.addEventListener("spip-preview:sending", (event) => {
      texts.push(event.detail.text);
      event.preventDefault();
    });
    submit(field.form, field.form.querySelector("[formaction]"));
    assert.deepEqual(texts, []);
    assert.ok(submit(field.form, field.form.lastElementChild).defaultPrevented);
    assert.deepEqual(texts, ["mot"]);
    widget.sent();
    assert.equal(field.value, "");
    await pass(300);
    assert.equal(widget.dataset.state, "idle");
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
