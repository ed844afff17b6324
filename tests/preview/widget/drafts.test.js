import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { ask, begin, end, pass, parts, put, requests, type } from "./page.js";

beforeEach(begin);
afterEach(end);

const HOUR = 3600 * 1000;
const KEY = "spip-preview:draft:/article#text";
const MARKUP = '<spip-preview endpoint="/preview"><form><textarea name="text"></textarea></form></spip-preview>';
const SHARED = MARKUP.replace("endpoint", 'draft="browser" endpoint');

/** Leaves the page and comes back, or opens another one. */
function reload(markup = MARKUP) {
  document.body.replaceChildren();
  return put(markup);
}

const bring = (text, markup = MARKUP) => markup.replace("></textarea>", `>${text}</textarea>`);
const kept = (storage = sessionStorage, key = KEY) => JSON.parse(storage.getItem(key))?.text;
const line = (widget) => widget.querySelector(".spip-preview-draft");

function choose(widget, words) {
  [...line(widget).querySelectorAll("button")].find((button) => button.textContent === words).click();
}

function submit(form) {
  const event = new Event("submit", { bubbles: true, cancelable: true });
  form.dispatchEvent(event);
  return event;
}

/** What another tab does to the drafts of all tabs. */
function elsewhere(key, text) {
  const value = text === null ? null : JSON.stringify({ text, base: "", at: Date.now() });
  if (value === null) localStorage.removeItem(key);
  else localStorage.setItem(key, value);
  window.dispatchEvent(new window.StorageEvent("storage", { key, newValue: value }));
}

describe("a draft", () => {
  it("is found again after the page was left", async () => {
    await ask(put(MARKUP).field, "mon texte");
    const { field, widget } = reload();
    assert.equal(field.value, "mon texte");
    assert.match(line(widget).textContent, /Your draft was restored/);
    await pass(0);
    assert.equal(requests.at(-1).body.text, "mon texte");
  });

  it("is kept when the page is left before the typing pauses", () => {
    type(put(MARKUP).field, "mon texte");
    window.dispatchEvent(new window.Event("pagehide"));
    assert.equal(reload().field.value, "mon texte");
  });

  it("is kept while the server lets nobody ask", async () => {
    const { field } = put(MARKUP);
    await (await ask(field, "un")).answer({}, { status: 429, headers: { "Retry-After": "3600" } });
    await ask(field, "deux");
    assert.equal(kept(), "deux");
  });

  it("belongs to the page and the form, not to the endpoint or what the address says besides", async () => {
    await ask(put(MARKUP).field, "mon texte");
    window.history.replaceState(null, "", "?page=2#forum3");
    try {
      assert.equal(reload(MARKUP.replace("/preview", "/other")).field.value, "mon texte");
      assert.equal(reload(MARKUP.replace("<form", '<form id="reply"')).field.value, "");
      window.history.replaceState(null, "", "/other");
      assert.equal(reload().field.value, "");
    } finally {
      window.history.replaceState(null, "", "/article");
    }
  });

  it("is of this tab by default, of all tabs if the host wants it", async () => {
    await ask(put(MARKUP).field, "mon texte");
    assert.deepEqual([kept(), localStorage.length], ["mon texte", 0]);
    sessionStorage.clear();
    await ask(reload(SHARED).field, "mon texte");
    assert.deepEqual([kept(localStorage), sessionStorage.length], ["mon texte", 0]);
    assert.match(line(document.querySelector("spip-preview")).textContent, /in this browser/);
  });

  it("ends after 24 hours, wherever it was written; nothing else of the site is touched", async () => {
    localStorage.setItem("other", "x");
    localStorage.setItem("spip-preview:/article:https://site.example/preview:text", "of an older version");
    localStorage.setItem("spip-preview:draft:/elsewhere#text", JSON.stringify({ text: "a", at: Date.now() }));
    await ask(put(MARKUP).field, "mon texte");
    await pass(24 * HOUR - 1000);
    assert.equal(reload().field.value, "mon texte");
    await pass(2000);
    sessionStorage.setItem("spip-preview:draft:/x#text", "{");
    assert.equal(reload().field.value, "");
    assert.deepEqual([Object.keys(localStorage), sessionStorage.length], [["other"], 0]);
  });

  it("does not begin in the future", () => {
    sessionStorage.setItem(KEY, JSON.stringify({ text: "a", at: Date.now() + 48 * HOUR }));
    assert.equal(put(MARKUP).field.value, "");
  });

  it("fires an event when it is restored", async () => {
    await ask(put(MARKUP).field, "mon texte");
    document.body.replaceChildren();
    const events = [];
    document.addEventListener("spip-preview:restored", (event) => events.push(event.type), { once: true });
    put(MARKUP);
    assert.equal(events.length, 1);
  });

  it("is not kept where nothing was changed, nor with draft=off", async () => {
    put(bring("de la page"));
    await pass(300);
    assert.equal(sessionStorage.length, 0);
    document.body.replaceChildren();
    await ask(put(MARKUP.replace("<spip-preview", '<spip-preview draft="off"')).field, "mon texte");
    assert.deepEqual([sessionStorage.length, localStorage.length], [0, 0]);
  });

  it("has a place of its own for each field", async () => {
    put(MARKUP);
    put(MARKUP);
    const widgets = [...document.querySelectorAll("spip-preview")];
    for (const [index, widget] of widgets.entries()) type(widget.querySelector("textarea"), `texte ${index}`);
    await pass(300);
    assert.equal(sessionStorage.length, 2);
    assert.notEqual(parts(widgets[0]).view.getAttribute("aria-label"), parts(widgets[1]).view.getAttribute("aria-label"));
  });

  it("is left out in silence where the browser keeps nothing", async (test) => {
    test.mock.method(Object.getPrototypeOf(sessionStorage), "setItem", () => {
      throw new DOMException("full", "QuotaExceededError");
    });
    const { field, widget } = put(MARKUP);
    await (await ask(field, "mon texte")).show("<p>mon texte</p>");
    assert.equal(widget.dataset.state, "shown");
    assert.equal(line(widget).hidden, true);
  });

  it("is not said to be kept once it no longer is; what was kept before stays", async (test) => {
    const { field, widget } = put(MARKUP);
    await ask(field, "mon texte");
    assert.equal(line(widget).hidden, false);
    const full = test.mock.method(Object.getPrototypeOf(sessionStorage), "setItem", () => {
      throw new DOMException("full", "QuotaExceededError");
    });
    await ask(field, "mon texte, plus long");
    assert.equal(line(widget).hidden, true);
    assert.equal(kept(), "mon texte");
    full.mock.restore();
    window.dispatchEvent(new window.Event("pagehide"));
    assert.deepEqual([kept(), sessionStorage.length], ["mon texte, plus long", 1]);
  });
});

describe("a page that brings a text", () => {
  it("gets the draft of it back", async () => {
    await ask(put(bring("de la page")).field, "de la page, changé");
    const { field, widget } = reload(bring("de la page"));
    assert.equal(field.value, "de la page, changé");
    choose(widget, "Forget this draft");
    assert.equal(field.value, "de la page");
    assert.equal(sessionStorage.length, 0);
  });

  it("keeps its text where the draft is of another one, and offers that", async () => {
    await ask(put(MARKUP).field, "mon texte");
    const { field, widget } = reload(bring("autre"));
    assert.equal(field.value, "autre");
    await ask(field, "autre chose");
    assert.match(line(widget).textContent, /draft of another text/);
    assert.deepEqual([kept(), kept(sessionStorage, `${KEY}~1`)], ["mon texte", "autre chose"]);
    choose(widget, "Use the draft");
    assert.equal(field.value, "autre chose");
  });
});

describe("the line under the text", () => {
  it("says what is kept, and deletes it; the text can be brought back", async () => {
    const { field, widget } = put(MARKUP);
    assert.equal(line(widget).hidden, true);
    await ask(field, "mon texte");
    assert.match(line(widget).textContent, /kept in this tab for 24 hours/);
    choose(widget, "Forget this draft");
    assert.deepEqual([field.value, sessionStorage.length], ["", 0]);
    assert.match(line(widget).textContent, /was deleted/);
    choose(widget, "Bring it back");
    await pass(300);
    assert.deepEqual([field.value, kept()], ["mon texte", "mon texte"]);
  });

  it("keeps the focus of those who use the keyboard", async () => {
    const { field, widget } = put(MARKUP);
    await ask(field, "mon texte");
    const press = (words) => {
      const button = [...line(widget).querySelectorAll("button")].find((element) => element.textContent === words);
      button.focus();
      button.click();
    };
    press("Keep no drafts");
    assert.equal(document.activeElement.textContent, "Keep drafts");
    press("Keep drafts");
    assert.equal(document.activeElement.textContent, "Forget this draft");
    press("Forget this draft");
    assert.equal(document.activeElement, field);
  });

  it("lets visitors switch drafts off, on all pages, until they switch them on", async () => {
    const { field, widget } = put(MARKUP);
    sessionStorage.setItem("spip-preview:draft:/x#y", JSON.stringify({ text: "a", at: Date.now() }));
    await ask(field, "mon texte");
    choose(widget, "Keep no drafts");
    assert.equal(field.value, "mon texte");
    await ask(field, "mon autre texte");
    assert.equal(sessionStorage.length, 0);
    const next = reload();
    assert.match(line(next.widget).textContent, /No drafts are kept/);
    await ask(next.field, "encore");
    window.dispatchEvent(new window.Event("pagehide"));
    assert.equal(sessionStorage.length, 0);
    choose(next.widget, "Keep drafts");
    assert.equal(kept(), "encore");
    assert.equal(reload().field.value, "encore");
  });
});

describe("after the form was sent, the draft", () => {
  /** Writes, gets the preview and sends; returns the widget. */
  async function send(text = "mon long {{texte}}", html = "<p>mon long <strong>texte</strong></p>", markup = MARKUP) {
    const { field, widget } = put(markup);
    await (await ask(field, text)).show(html);
    submit(field.form);
    window.dispatchEvent(new window.Event("pagehide"));
    return widget;
  }

  it("is kept, for the server may be dead", async () => {
    await send();
    const { field, widget } = reload();
    assert.equal(field.value, "mon long {{texte}}");
    assert.match(line(widget).textContent, /nothing here shows that it arrived/);
  });

  it("is an ordinary one again when its text is changed, as where a script stopped the sending later", async () => {
    const widget = await send();
    await ask(widget.querySelector("textarea"), "mon long {{texte}} changé");
    assert.match(line(reload().widget).textContent, /Your draft was restored/);
  });

  it("is not marked where a script stopped the sending before", async () => {
    const { field, widget } = put(MARKUP);
    await ask(field, "mon texte");
    widget.firstElementChild.addEventListener("submit", (event) => event.preventDefault());
    submit(field.form);
    assert.match(line(reload().widget).textContent, /Your draft was restored/);
  });

  it("is deleted when the page shows what was sent", async () => {
    await send();
    document.body.replaceChildren();
    document.body.insertAdjacentHTML("beforeend", "<p>Mon long <em>texte</em> !</p>");
    assert.equal(put(MARKUP).field.value, "");
    assert.equal(sessionStorage.length, 0);
  });

  it("is kept where the page shows the text to be worked on, or showed it before", async () => {
    await send();
    document.body.replaceChildren();
    document.body.insertAdjacentHTML("beforeend", "<p>Mon long texte</p>");
    assert.equal(put(bring("mon long {{texte}}")).field.value, "mon long {{texte}}");
    assert.equal(kept(), "mon long {{texte}}");
    sessionStorage.clear();
    document.body.replaceChildren();
    document.body.insertAdjacentHTML("beforeend", "<p>Mon long texte</p>");
    await send();
    document.querySelector("spip-preview").remove();
    assert.equal(put(MARKUP).field.value, "mon long {{texte}}");
  });

  for (const [name, arrive] of [
    ["the widget's attribute", () => put(MARKUP.replace("endpoint", 'sent endpoint'))],
    ["the attribute on another page", () => {
      window.history.replaceState(null, "", "/thanks");
      put('<spip-preview sent="/article?x#y"></spip-preview>');
      window.history.replaceState(null, "", "/article");
      return reload();
    }],
    ["the address", () => {
      window.history.replaceState(null, "", "#spip-preview-sent");
      const found = put(MARKUP);
      assert.equal(window.location.href, "https://site.example/article");
      return found;
    }],
    ["forgetDraft()", () => {
      const found = put(MARKUP);
      found.widget.forgetDraft();
      return reload();
    }],
    ["sent()", () => {
      const found = put(MARKUP);
      found.widget.sent();
      assert.equal(found.field.value, "");
      return reload();
    }],
  ])
    it(`is deleted when the host says so, by ${name}`, async () => {
      await send();
      document.body.replaceChildren();
      assert.equal(arrive().field.value, "");
      assert.equal(sessionStorage.length, 0);
    });

  it("is deleted only on the page that is meant", async () => {
    await send();
    for (const markup of ["/other", "https://other.example/article", "false", "https://["])
      reload(MARKUP.replace("endpoint", `sent="${markup}" endpoint`));
    assert.equal(reload().field.value, "mon long {{texte}}");
  });

  it("is another one from then on: what is written later is not deleted", async () => {
    await send();
    const markup = MARKUP.replace("endpoint", "sent endpoint");
    await ask(reload(markup).field, "une autre");
    const { field, widget } = reload(markup);
    assert.equal(field.value, "une autre");
    document.body.append(widget);
    assert.equal(kept(), "une autre");
  });

  it("stays deleted where the page with its text comes back", async () => {
    const widget = await send();
    widget.setAttribute("sent", "");
    window.dispatchEvent(new window.Event("pageshow"));
    window.dispatchEvent(new window.Event("pagehide"));
    assert.equal(sessionStorage.length, 0);
  });
});

describe("two tabs with the same form", () => {
  it("do not delete each other's drafts: an empty field deletes nothing", async () => {
    const { field } = put(SHARED);
    elsewhere(KEY, "de l’autre");
    window.dispatchEvent(new window.Event("pagehide"));
    assert.equal(kept(localStorage), "de l’autre");
    type(field, "x");
    type(field, "");
    await pass(300);
    assert.equal(kept(localStorage), "de l’autre");
    field.form.reset();
    assert.equal(kept(localStorage), "de l’autre");
  });

  it("keep both texts, and restore one after the other", async () => {
    const { field } = put(SHARED);
    elsewhere(KEY, "de l’autre");
    await pass(10);
    await ask(field, "le mien");
    assert.deepEqual([kept(localStorage), kept(localStorage, `${KEY}~1`)], ["de l’autre", "le mien"]);
    const again = reload(SHARED);
    assert.equal(again.field.value, "le mien");
    again.widget.forgetDraft();
    assert.equal(reload(SHARED).field.value, "de l’autre");
  });

  it("do not keep again what the other one sent", async () => {
    const { field, widget } = put(SHARED);
    await ask(field, "le mien");
    elsewhere(KEY, null);
    assert.equal(line(widget).hidden, true);
    window.dispatchEvent(new window.Event("pagehide"));
    assert.equal(localStorage.length, 0);
    await ask(field, "le mien, encore");
    assert.equal(kept(localStorage), "le mien, encore");
  });

  it("hear that drafts were switched off", async () => {
    const { field, widget } = put(SHARED);
    await ask(field, "le mien");
    localStorage.setItem("spip-preview:drafts", "off");
    window.dispatchEvent(new window.StorageEvent("storage", { key: "spip-preview:drafts", newValue: "off" }));
    assert.match(line(widget).textContent, /No drafts are kept/);
  });
});

describe("after Back", () => {
  for (const markup of [MARKUP, MARKUP.replace("endpoint", 'draft="off" endpoint')])
    it(`the preview looks again: ${markup.slice(0, 30)}`, async () => {
      const { field } = put(markup);
      await pass(1000);
      field.value = "du navigateur";
      window.dispatchEvent(new window.Event("pageshow"));
      await pass(0);
      assert.equal(requests.at(-1).body.text, "du navigateur");
      assert.equal(sessionStorage.length, markup === MARKUP ? 1 : 0);
    });
});
