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
  it("speaks French on a French page and English on any other", async () => {
    document.documentElement.lang = "fr-CA";
    const french = put();
    assert.equal(french.view.getAttribute("aria-label"), "Aperçu");
    assert.equal(french.view.closest("[lang]").lang, "fr");
    document.body.replaceChildren();
    document.documentElement.lang = "de";
    assert.equal(put().view.getAttribute("aria-label"), "Preview");
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
  it("is said politely, at most every two seconds", async () => {
    const { field, status } = put();
    await (await ask(field, "un")).show("<p>un</p>");
    assert.equal(status.getAttribute("role"), "status");
    assert.match(status.textContent, /Preview updated/);
    const first = status.textContent;
    await (await ask(field, "deux")).show("<p>deux</p>");
    assert.equal(status.textContent, first);
    await pass(2000);
    // The same sentence is another text, so that it is read again.
    assert.notEqual(status.textContent, first);
    assert.equal(status.textContent.trim(), first.trim());
  });

  it("is said immediately where something failed, and again when all is well", async () => {
    const { field, status } = put();
    await (await ask(field, "un")).show("<p>un</p>");
    await (await ask(field, "deux")).answer({}, { status: 400 });
    assert.match(status.textContent, /400/);
    await (await ask(field, "trois")).show("<p>trois</p>");
    assert.match(status.textContent, /Preview updated/);
  });

  it("counts the remarks", async () => {
    const { field, status } = put();
    await (await ask(field, "un")).show("", [{}, {}]);
    assert.match(status.textContent, /2 things to check/);
  });
});
