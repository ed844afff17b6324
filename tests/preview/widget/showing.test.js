import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, it } from "node:test";
import { ask, begin, end, lastRequest, pass, put, type } from "./page.js";

const ATTACKS = await readFile(new URL("../../security/spip_xss.jsonl", import.meta.url), "utf-8");
const VECTORS = ATTACKS.trim().split("\n").map((line) => JSON.parse(line).vector);

beforeEach(begin);
afterEach(end);

/** Returns the HTML that a widget shows where a server answers with this one. */
async function shown(html) {
  const { field, view } = put();
  await (await ask(field, "mot")).show(html);
  return view.innerHTML;
}

describe("what is shown of the server's HTML", () => {
  for (const [name, html, expected] of [
    ["words and known elements", "<p>a <strong>b</strong><br></p>", "<p>a <strong>b</strong><br></p>"],
    ["no script", "<p>a</p><script>alert(1)</script>", "<p>a</p>"],
    ["no frame, form, picture or drawing", "<iframe></iframe><form>a</form><img src=x><svg><a>b</a></svg>", ""],
    ["the words of an element that it does not know", "<section><p>a</p></section>", "<p>a</p>"],
    ["no handler and no style", '<p onclick="a()" style="color:red">a</p>', "<p>a</p>"],
    ["no data of the page's scripts", '<p data-x="1" slot="a" is="b">a</p>', "<p>a</p>"],
    ["no comment", "a<!-- b -->c", "ac"],
    ["SPIP's classes, not the widget's own", '<p class="spip x spip-preview-status">a</p>', '<p class="spip">a</p>'],
    ["small numbers only", '<ol start="3"></ol><ol start="99999"></ol>', '<ol start="3"></ol><ol></ol>'],
    ["known directions only", '<p dir="rtl">a</p><p dir="up">a</p>', '<p dir="rtl">a</p><p>a</p>'],
  ])
    it(`is ${name}`, async () => assert.equal(await shown(html), expected));

  // eslint-disable-next-line no-script-url -- it is what must not be kept
  for (const address of ["javascript:alert(1)", " java\nscript:alert(1)", "data:text/html,x", "vbscript:x", "http://["])
    it(`is no link to ${JSON.stringify(address)}`, async () => {
      assert.equal(await shown(`<a href="${address}">a</a>`), "<a>a</a>");
    });

  for (const address of ["https://example.org/", "mailto:a@example.org", "tel:+33", "sms:+33", "geo:1,2", "xmpp:a@b.org",
    "/page", "?a=b"])
    it(`is a link to ${address} in a new window, which vouches for nothing`, async () => {
      const { field, view } = put();
      await (await ask(field, "mot")).show(`<a href="${address}" target="_top" rel="opener">a</a>`);
      const link = view.querySelector("a");
      assert.equal(link.getAttribute("href"), address);
      assert.equal(link.target, "_blank");
      assert.deepEqual(new Set(link.rel.split(" ")), new Set(["noopener", "nofollow", "ugc"]));
    });

  it("gives every name a prefix, so that none meets one of the page", async () => {
    const html = '<a href="#nb1" id="nh1">1</a><p id="nb1" headers="a b">note</p>';
    const prefix = "spip-preview-1-";
    assert.equal(
      await shown(html),
      `<a id="${prefix}nh1" href="#${prefix}nb1">1</a><p id="${prefix}nb1" headers="${prefix}a ${prefix}b">note</p>`,
    );
  });

  it("is words where elements are nested without end", async () => {
    const html = await shown(`${"<b>".repeat(400)}mot`);
    assert.equal(html.split("<b>").length - 1, 200);
    assert.match(html, /mot/);
  });

  it("is harmless for every attack that is known, even if the server cleans nothing", async () => {
    const { field, view } = put();
    assert.ok(VECTORS.length > 500);
    for (const [index, vector] of VECTORS.entries()) {
      await (await ask(field, `mot ${index}`)).show(vector);
      for (const element of view.querySelectorAll("*")) {
        assert.doesNotMatch(element.localName, /^(script|style|iframe|object|embed|form|input|img|svg|math|base|link|meta)$/);
        for (const { name, value } of element.attributes) {
          assert.doesNotMatch(name, /^(on|style$|srcdoc$|src$|action$|formaction$)/, vector);
          if (name === "href") assert.match(new URL(value, document.baseURI).protocol, /^(https?|mailto|ftp|tel):$/, vector);
        }
      }
    }
  });
});

describe("remarks on the text", () => {
  const remark = (line, column, message = "not closed") => ({ line, column, severity: "warning", message });

  it("are a list that leads to their places", async () => {
    const { field, remarks } = put();
    const text = "un\n\u{1f600}{{deux";
    await (await ask(field, text)).show("<p>a</p>", [remark(2, 2)]);
    assert.equal(remarks.hidden, false);
    assert.match(remarks.querySelector(".spip-preview-remarks-title").textContent, /One thing to check/);
    const button = remarks.querySelector("button");
    assert.match(button.textContent, /Line 2.*not closed/);
    assert.equal(button.dataset.severity, "warning");
    button.click();
    assert.equal(document.activeElement, field);
    assert.equal(field.value.slice(field.selectionStart, field.selectionEnd), "{{deux");
  });

  it("are words, whatever the server sends", async () => {
    const { field, remarks } = put();
    await (await ask(field, "mot")).show("", [{ line: "<b>", column: null, severity: 1, message: "<img src=x>" }]);
    const button = remarks.querySelector("button");
    assert.match(button.textContent, /Line 1.*<img src=x>/);
    assert.equal(button.querySelector("img"), null);
  });

  it("are counted in full and shown up to twenty", async () => {
    const { field, remarks } = put();
    const many = Array.from({ length: 23 }, (_, index) => remark(index + 1, 1));
    await (await ask(field, "mot")).show("", many);
    assert.equal(remarks.querySelectorAll("li").length, 20);
    assert.match(remarks.querySelector(".spip-preview-remarks-title").textContent, /\b23 things to check/);
    assert.match(remarks.querySelector(".spip-preview-more").textContent, /\b3 more/);
  });

  it("are one stop of the Tab key, whose buttons the arrows reach", async () => {
    const { field, remarks } = put();
    await (await ask(field, "mot")).show("", [remark(1, 1), remark(2, 1), remark(3, 1)]);
    const buttons = () => [...remarks.querySelectorAll("button")];
    const stops = () => buttons().map((button) => button.tabIndex);
    assert.deepEqual(stops(), [0, -1, -1]);
    buttons()[0].focus();
    for (const [key, index] of [["ArrowDown", 1], ["ArrowDown", 2], ["ArrowDown", 0], ["ArrowUp", 2], ["Home", 0], ["End", 2]]) {
      document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
      assert.equal(document.activeElement, buttons()[index], key);
    }
    assert.deepEqual(stops(), [-1, -1, 0]);
    await (await ask(field, "mots")).show("", [remark(1, 1), remark(2, 1)]);
    assert.deepEqual(stops(), [0, -1]);
  });

  it("are gone with what they were about, and the focus returns to the text", async () => {
    const { field, remarks } = put();
    await (await ask(field, "{{mot")).show("", [remark(1, 1)]);
    const button = remarks.querySelector("button");
    field.value = "mot";
    button.focus();
    type(field, "mot");
    await pass(300);
    button.focus();
    await lastRequest().show("<p>mot</p>", []);
    assert.equal(remarks.hidden, true);
    assert.equal(document.activeElement, field);
  });
});

describe("languages", () => {
  for (const [lang, label, own, dir] of [
    ["fr-CA", "Aperçu", "fr", "ltr"],
    ["es", "Vista previa", "es", "ltr"],
    ["de-AT", "Vorschau", "de", "ltr"],
    ["it", "Anteprima", "it", "ltr"],
    ["ar", "معاينة", "ar", "rtl"],
    ["nl", "Preview", "en", "ltr"],
    ["he", "Preview", "en", "ltr"],
    ["not a language!", "Preview", "en", "ltr"],
  ])
    it(`speaks ${own} on a page in ${lang}`, () => {
      document.documentElement.lang = lang;
      const { view, toolbar } = put();
      assert.equal(view.getAttribute("aria-label"), label);
      assert.equal(toolbar.lang, own);
      assert.equal(toolbar.dir, dir);
      assert.equal(view.closest("[dir]").dir, dir);
    });

  for (const [language, number, counted] of [
    ["en", 1, "One thing to check"],
    ["fr", 2, "2 points à vérifier"],
    ["ar", 2, "أمران"],
    ["ar", 3, "3 أمور"],
    ["ar", 11, "11 أمرًا"],
    ["ar", 100, "100 أمر "],
  ])
    it(`counts ${number} as ${language} does`, async () => {
      document.documentElement.lang = language;
      const { field, remarks } = put();
      await (await ask(field, "mot")).show("", Array(number).fill({}));
      assert.ok(remarks.querySelector(".spip-preview-remarks-title").textContent.startsWith(counted));
    });

  it("writes the text in the direction of its language, unless the page says otherwise", () => {
    const markup = (attributes) => `<spip-preview endpoint="/preview"><textarea ${attributes}></textarea></spip-preview>`;
    for (const [attributes, dir] of [
      ['lang="ar"', "rtl"],
      ['lang="fr"', "ltr"],
      ['lang="az-Arab"', "rtl"],
      ['lang="ar-Latn"', "ltr"],
      ['lang="ar" dir="auto"', "auto"],
    ]) {
      const { field, widget } = put(markup(attributes));
      assert.equal(field.dir, dir, attributes);
      widget.remove();
      assert.equal(field.hasAttribute("dir"), attributes.includes("dir="));
    }
  });

  it("says what the site wants it to say, in any language", async () => {
    document.documentElement.lang = "nl";
    const words = { Bold: "Vet", "One thing to check in your text": { one: "Eén punt", other: "{number} punten" }, Italic: 1 };
    const { field, toolbar, remarks, widget } = put(`<spip-preview endpoint="/preview"><textarea></textarea>
      <script type="application/json" class="spip-preview-words">${JSON.stringify(words)}</script></spip-preview>`);
    const labels = (bar) => [...bar.querySelectorAll("button")].slice(0, 2).map((button) => button.getAttribute("aria-label"));
    assert.deepEqual(labels(toolbar), ["Vet", "Italic"]);
    assert.equal(toolbar.lang, "nl");
    await (await ask(field, "mot")).show("", [{}, {}]);
    assert.match(remarks.textContent, /2 punten/);
    widget.words = { Bold: "Dik", List: "<b>" };
    const bar = widget.querySelector("[role=toolbar]");
    assert.equal(labels(bar)[0], "Dik");
    assert.equal(bar.querySelector("b"), null);
  });

  it("has its own words where the site's are wrong, and tells it once", (test) => {
    const warn = test.mock.method(console, "warn", () => {});
    for (const words of ["{", "[]", "null", '"x"']) {
      const { toolbar, widget } = put(`<spip-preview endpoint="/preview"><textarea></textarea>
        <script type="application/json" class="spip-preview-words">${words}</script></spip-preview>`);
      assert.equal(toolbar.getAttribute("aria-label"), "Formatting");
      widget.remove();
    }
    assert.equal(warn.mock.callCount(), 1);
  });

  it("takes the words that a script gave before the widget was there", () => {
    const template = document.createElement("template");
    template.innerHTML = '<spip-preview endpoint="/preview"><textarea></textarea></spip-preview>';
    const widget = template.content.firstElementChild;
    widget.words = { Formatting: "Opmaak" };
    document.body.append(widget);
    assert.equal(widget.querySelector("[role=toolbar]").getAttribute("aria-label"), "Opmaak");
  });

  it("goes on in the server's language where that does not know the text's, and tells it once", async (test) => {
    const warn = test.mock.method(console, "warn", () => {});
    const { field, view, widget } = put('<spip-preview lang="tlh" endpoint="/preview"><textarea></textarea></spip-preview>');
    const refused = await ask(field, "mot");
    assert.equal(refused.body.lang, "tlh");
    await refused.answer({ error: { code: "wrong-lang", message: "unknown" } }, { status: 422 });
    assert.equal("lang" in lastRequest().body, false);
    await lastRequest().answer({ html: "<p>mot</p>", diagnostics: [] }, { headers: { "Content-Language": "fr" } });
    assert.equal(widget.dataset.state, "shown");
    assert.equal(view.lang, "fr");
    const next = await ask(field, "mots");
    assert.equal("lang" in next.body, false);
    await next.show("<p>mots</p>");
    assert.equal(warn.mock.callCount(), 1);
    assert.match(warn.mock.calls[0].arguments[0], /tlh/);
  });

  it("follows its own attribute, and changes with it", async () => {
    const { widget } = put('<spip-preview lang="fr" endpoint="/preview"><textarea></textarea></spip-preview>');
    const label = () => widget.querySelector("[role=toolbar]").getAttribute("aria-label");
    const before = label();
    widget.setAttribute("lang", "en");
    assert.notEqual(label(), before);
    assert.equal(widget.querySelectorAll("[role=toolbar]").length, 1);
  });

  it("asks for the text's language and for its own words", async () => {
    const { field, view } = put('<spip-preview lang="fr" endpoint="/preview"><textarea lang="ar"></textarea></spip-preview>');
    const request = await ask(field, "mot");
    assert.equal(request.body.lang, "ar");
    assert.equal(request.options.headers["Accept-Language"], "fr");
    await request.show("<p>mot</p>");
    assert.equal(view.lang, "ar");
    assert.equal(view.dir, "rtl");
  });

  it("has the same sentences in both languages", async () => {
    const labels = (lang) => {
      document.body.replaceChildren();
      const { toolbar } = put(`<spip-preview lang="${lang}" endpoint="/preview"><textarea></textarea></spip-preview>`);
      return [...toolbar.querySelectorAll("button")].map((button) => button.getAttribute("aria-label"));
    };
    const [french, english] = [labels("fr"), labels("en")];
    assert.equal(french.length, english.length);
    for (const label of [...french, ...english]) assert.match(label, /^\p{Lu}\p{L}+$/u);
  });
});

describe("what is said to those who do not see", () => {
  it("is nothing while they write", async () => {
    const { field, status } = put();
    assert.equal(status.getAttribute("role"), "status");
    for (const text of ["un", "deux", "trois"]) await (await ask(field, text)).show(`<p>${text}</p>`);
    await pass(5000);
    assert.equal(status.textContent, "");
  });

  it("is what they asked for, again and again", async () => {
    const { field, status, widget } = put();
    await (await ask(field, "un")).show("<p>un</p>");
    const heard = [];
    for (let round = 0; round < 2; round += 1) {
      widget.refresh();
      await pass(0);
      await lastRequest().show("<p>un</p>");
      heard.push(status.textContent);
    }
    assert.match(heard[0], /Preview updated/);
    // The same sentence is another text, so that it is read again.
    assert.notEqual(heard[1], heard[0]);
    assert.equal(heard[1].trim(), heard[0].trim());
  });

  it("is said immediately where something failed, and again when all is well", async () => {
    const { field, status } = put();
    await (await ask(field, "un")).show("<p>un</p>");
    await (await ask(field, "deux")).answer({}, { status: 400 });
    assert.match(status.textContent, /400/);
    await (await ask(field, "trois")).show("<p>trois</p>");
    assert.match(status.textContent, /Preview updated/);
  });

  it("is another number of remarks, once it stays so", async () => {
    const { field, status } = put();
    await (await ask(field, "{{un")).show("", [{}, {}]);
    await pass(1999);
    assert.equal(status.textContent, "");
    await pass(1);
    assert.equal(status.textContent, "2 things to check in your text.");
    await (await ask(field, "{{un}")).show("", [{}, {}, {}]);
    await pass(1000);
    await (await ask(field, "{{un}}")).show("", [{}, {}]);
    await pass(5000);
    assert.equal(status.textContent, "2 things to check in your text.");
    await (await ask(field, "un")).show("", []);
    await pass(2000);
    assert.equal(status.textContent, "Nothing left to check in your text.");
  });
});
