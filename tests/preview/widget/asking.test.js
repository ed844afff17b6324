import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { ENDPOINT, ask, begin, end, lastRequest, listen, pass, put, requests, type } from "./page.js";

beforeEach(begin);
afterEach(end);

describe("when the widget asks", () => {
  it("waits until the typing pauses and then asks once", async () => {
    const { field } = put();
    for (const text of ["u", "un", "un m", "un mot"]) {
      type(field, text);
      await pass(200);
    }
    assert.equal(requests.length, 0);
    await pass(100);
    assert.equal(requests.length, 1);
    assert.equal(lastRequest().body.text, "un mot");
  });

  it("sends the text as JSON to its endpoint and caches nothing", async () => {
    const { field } = put();
    const { address, options, body } = await ask(field, "{{mot}}");
    assert.equal(address, ENDPOINT);
    assert.equal(options.method, "POST");
    assert.equal(options.cache, "no-store");
    assert.equal(options.headers["Content-Type"], "application/json");
    assert.equal(options.headers.Accept, "application/json");
    assert.deepEqual(body, { text: "{{mot}}", lang: "en" });
  });

  it("asks for a text that is there from the start", async () => {
    put('<spip-preview endpoint="/preview"><textarea>un mot</textarea></spip-preview>');
    await pass(0);
    assert.equal(lastRequest().body.text, "un mot");
  });

  it("asks nothing for blanks and shows the hint again", async () => {
    const { field, widget, view } = put();
    await (await ask(field, "mot")).show("<p>mot</p>");
    await ask(field, " \n ");
    assert.equal(requests.length, 1);
    assert.equal(widget.dataset.state, "idle");
    assert.ok(view.classList.contains("spip-preview-nothing"));
  });

  it("does not ask again for the text that is shown", async () => {
    const { field, widget } = put();
    await (await ask(field, "mot")).show("<p>mot</p>");
    type(field, "mots");
    await pass(100);
    type(field, "mot");
    await pass(300);
    assert.equal(requests.length, 1);
    assert.equal(widget.dataset.state, "shown");
  });

  it("asks again for the same text on refresh()", async () => {
    const { field, widget } = put();
    await (await ask(field, "mot")).show("<p>mot</p>");
    widget.refresh();
    await pass(0);
    assert.equal(requests.length, 2);
  });

  it("asks nothing while the page is hidden, and asks when it is seen again", async () => {
    const { field } = put();
    Object.defineProperty(document, "hidden", { value: true, configurable: true });
    await ask(field, "mot");
    assert.equal(requests.length, 0);
    delete document.hidden;
    document.dispatchEvent(new Event("visibilitychange"));
    await pass(300);
    assert.equal(requests.length, 1);
  });

  it("finds a textarea that comes later", async () => {
    const { widget } = put('<spip-preview endpoint="/preview"></spip-preview>');
    assert.equal(widget.dataset.state, undefined);
    widget.insertAdjacentHTML("beforeend", "<textarea>mot</textarea>");
    await pass(0);
    await pass(0);
    assert.equal(lastRequest().body.text, "mot");
  });

  it("prefers the textarea that is marked", async () => {
    put('<spip-preview endpoint="/preview"><textarea>a</textarea><textarea data-spip-preview>b</textarea></spip-preview>');
    await pass(0);
    assert.equal(lastRequest().body.text, "b");
  });

  it("asks another endpoint once it is given one", async () => {
    const { field, widget } = put();
    await (await ask(field, "mot")).show("<p>mot</p>");
    widget.setAttribute("endpoint", "/other");
    await pass(0);
    assert.equal(lastRequest().address, "https://site.example/other");
  });

  it("stops when it is taken off the page", async () => {
    const { field, widget } = put();
    const request = await ask(field, "mot");
    widget.remove();
    assert.ok(request.isAborted);
    await ask(field, "mots");
    assert.equal(requests.length, 1);
    assert.equal(widget.querySelector(".spip-preview-view"), null);
    assert.equal(widget.dataset.state, undefined);
  });
});

describe("what the server answers", () => {
  it("shows the latest text, whichever answer comes last", async () => {
    const { field, view } = put();
    const first = await ask(field, "un");
    const second = await ask(field, "deux");
    assert.ok(first.isAborted);
    await second.show("<p>deux</p>");
    await first.show("<p>un</p>");
    assert.equal(view.innerHTML, "<p>deux</p>");
  });

  it("drops the answer to a text that was emptied meanwhile", async () => {
    const { field, view } = put();
    const request = await ask(field, "un");
    await ask(field, "");
    await request.show("<p>un</p>");
    assert.ok(view.classList.contains("spip-preview-nothing"));
    assert.doesNotMatch(view.textContent, /^un$/);
  });

  it("fires an event with the diagnostics", async () => {
    const { field, widget } = put();
    const shown = listen(widget, "shown");
    const diagnostics = [{ code: "unclosed-strong", line: 2, column: 3, severity: "warning", message: "not closed" }];
    await (await ask(field, "{{mot")).show("<p>mot</p>", diagnostics);
    assert.deepEqual(shown, [{ diagnostics }]);
  });

  it("marks the view as busy only while it waits", async () => {
    const { field, view, widget } = put();
    const request = await ask(field, "mot");
    assert.equal(view.getAttribute("aria-busy"), "true");
    assert.equal(widget.dataset.state, "loading");
    await request.show("<p>mot</p>");
    assert.equal(view.hasAttribute("aria-busy"), false);
    assert.equal(widget.dataset.state, "shown");
  });
});

describe("when the server does not answer", () => {
  it("tries again by itself, after longer and longer pauses, and keeps the last preview", async () => {
    const { field, view, widget } = put();
    await (await ask(field, "un")).show("<p>un</p>");
    await (await ask(field, "deux")).fail();
    assert.equal(widget.dataset.state, "offline");
    assert.equal(view.innerHTML, "<p>un</p>");
    for (const pause of [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
      const count = requests.length;
      await pass(pause - 1);
      assert.equal(requests.length, count);
      await pass(1);
      assert.equal(requests.length, count + 1);
      await lastRequest().fail();
    }
    await pass(30_000);
    await lastRequest().show("<p>deux</p>");
    assert.equal(widget.dataset.state, "shown");
    assert.equal(view.innerHTML, "<p>deux</p>");
  });

  it("loses patience after fifteen seconds", async () => {
    const { field, widget } = put();
    const request = await ask(field, "mot");
    await pass(14_999);
    assert.equal(request.isAborted, false);
    await pass(1);
    assert.ok(request.isAborted);
    assert.equal(widget.dataset.state, "offline");
  });

  it("asks at once when the network is back, and says that there was none", async () => {
    const { field, status } = put();
    Object.defineProperty(window.navigator, "onLine", { value: false, configurable: true });
    await (await ask(field, "mot")).fail();
    assert.match(status.textContent, /You are offline/);
    window.dispatchEvent(new window.Event("online"));
    await pass(0);
    assert.equal(requests.length, 2);
  });

  for (const [name, content, status] of [
    ["an error of the server", { error: { message: "internal" } }, 500],
    ["a timeout of the server", {}, 408],
    ["an answer without HTML", { html: 1 }, 200],
    ["an answer that is not JSON", "<p>", 200],
  ])
    it(`takes ${name} for no answer`, async () => {
      const { field, widget } = put();
      const failed = listen(widget, "failed");
      await (await ask(field, "mot")).answer(content, { status });
      assert.equal(widget.dataset.state, "offline");
      assert.deepEqual(
        failed.map(({ reason, status: code }) => [reason, code]),
        [["offline", status]],
      );
    });
});

describe("when the server refuses", () => {
  for (const [header, seconds] of [
    ["7", 7],
    ["0", 1],
    ["99999", 3600],
    ["soon", 5],
    ["Thu, 01 Jan 2026 00:00:12 GMT", 12],
  ])
    it(`waits ${seconds} s where Retry-After is ${header}`, async () => {
      const { field, widget, status } = put();
      await (await ask(field, "mot")).answer({}, { status: 429, headers: { "Retry-After": header } });
      assert.equal(widget.dataset.state, "waiting");
      assert.match(status.textContent, new RegExp(`\\b${seconds} s`));
      await pass(seconds * 1000 - 1);
      assert.equal(requests.length, 1);
      await pass(1);
      assert.equal(requests.length, 2);
    });

  it("does not ask sooner because something was typed", async () => {
    const { field } = put();
    await (await ask(field, "un")).answer({}, { status: 429, headers: { "Retry-After": "9" } });
    await ask(field, "deux");
    assert.equal(requests.length, 1);
    await pass(9000);
    assert.equal(requests.length, 2);
    assert.equal(lastRequest().body.text, "deux");
  });

  it("waits for a server that is busy and says for how long", async () => {
    const { field, widget } = put();
    await (await ask(field, "mot")).answer({}, { status: 503, headers: { "Retry-After": "2" } });
    assert.equal(widget.dataset.state, "waiting");
  });

  it("shows the server's own words on a text that is too long, and asks no more for it", async () => {
    const { field, widget, status } = put();
    const failed = listen(widget, "failed");
    const message = "At most 65536 bytes.";
    await (await ask(field, "long")).answer({ error: { message } }, { status: 413 });
    assert.equal(widget.dataset.state, "too-long");
    assert.equal(status.textContent, message);
    assert.deepEqual(failed, [{ reason: "too-long", status: 413, message }]);
    await pass(60_000);
    await ask(field, "long");
    assert.equal(requests.length, 1);
    await ask(field, "court");
    assert.equal(requests.length, 2);
  });

  it("shows the words of an error as words", async () => {
    const { field, widget, status } = put();
    await (await ask(field, "mot")).answer({ error: { message: "<img src=x onerror=alert(1)>" } }, { status: 400 });
    assert.equal(widget.dataset.state, "failed");
    assert.match(status.textContent, /400.*<img src=x/);
    assert.equal(status.children.length, 0);
  });

  it("tells a server of another origin that is not there from one that forbids", async () => {
    const { field, widget } = put('<spip-preview endpoint="https://other.example/preview"><textarea></textarea></spip-preview>');
    await (await ask(field, "mot")).fail();
    const probe = lastRequest();
    assert.equal(probe.options.method, "HEAD");
    assert.equal(probe.options.mode, "no-cors");
    assert.equal(probe.options.credentials, "omit");
    await probe.answer("");
    assert.equal(widget.dataset.state, "forbidden");
    await (await ask(field, "mots")).fail();
    await lastRequest().fail();
    assert.equal(widget.dataset.state, "offline");
  });

  it("takes a server that has answered before for lost, not for forbidding", async () => {
    const { field, widget } = put('<spip-preview endpoint="https://other.example/preview"><textarea></textarea></spip-preview>');
    await (await ask(field, "mot")).show("<p>mot</p>");
    await (await ask(field, "mots")).fail();
    assert.equal(requests.length, 2);
    assert.equal(widget.dataset.state, "offline");
  });
});
