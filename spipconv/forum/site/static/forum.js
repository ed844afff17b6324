/**
 * The form of a forum in a static page: it sends messages without leaving the page, answers messages where they are, and
 * shows those that are newer than the page. Without it, or without its server, the form and the messages work as before.
 *
 * Copyright: the authors of spipconv. Licence: MIT.
 */

import { CATALOGUES } from "./forum-catalogues.js";
import { Thread, makeArticle } from "./forum-thread.js";
import { make } from "./spip-preview-elements.js";
import { Sentences } from "./spip-preview-words.js";

const PATIENCE = 15_000;
const RETRY = 2000;
const LONGEST_WAIT = 10;
// The server takes a token for a day.
const TOKEN_AGE = 20 * 3600 * 1000;
const MOST_ROUNDS = 20;
const YEAR = 365 * 24 * 3600 * 1000;
const PERSON = "spip-forum-person";

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Asks the server; throws a TypeError if it cannot be reached. Cookies are not sent. */
async function ask(address, options = {}) {
  const signal = AbortSignal.timeout(PATIENCE);
  const headers = { Accept: "application/json" };
  const response = await fetch(address, { headers, credentials: "omit", signal, ...options });
  try {
    return { status: response.status, wait: Number(response.headers.get("Retry-After")) || 0, ...(await response.json()) };
  } catch {
    throw new TypeError("not an answer of the forum");
  }
}

/** What only this browser knows, for a year: it proves to some forums that the same person writes again. */
const person = {
  get: () => {
    try {
      const [time, token = ""] = (localStorage.getItem(PERSON) ?? "").split(":");
      if (Date.now() - Number(time) < YEAR) return token;
      localStorage.removeItem(PERSON);
    } catch {
      // Without storage, every message waits for a moderator.
    }
    return "";
  },
  set: (token) => {
    try {
      localStorage.setItem(PERSON, `${Date.now()}:${token}`);
    } catch {
      // As above.
    }
  },
};

class ForumForm {
  #form;
  #field;
  #server;
  #page;
  #sentences;
  #language;
  #thread = null;
  #token = "";
  #tokenTime = 0;
  #isSending = false;
  #status;
  #alert;
  #answer = null;
  #answered = null;
  #home;
  #title;
  #ownTitle;

  constructor(form) {
    this.#form = form;
    this.#field = form.elements.namedItem("text");
    this.#server = form.dataset.server;
    this.#page = form.dataset.page;
    this.#language = form.closest("[lang]")?.lang || "en";
    const name = this.#language.toLowerCase().split(/[-_]/, 1)[0];
    const known = Object.hasOwn(CATALOGUES, name) ? name : "en";
    this.#sentences = new Sentences(known, CATALOGUES[known]);
    this.#status = make("p", { class: "comment-status", role: "status", lang: known });
    this.#alert = make("p", { class: "error comment-alert", role: "alert", lang: known, tabindex: "-1", hidden: "" });
    this.#title = document.getElementById("form-title");
    this.#ownTitle = this.#title?.textContent ?? "";
    this.#home = document.createComment("the form");
    this.#build();
    this.#watchThread();
  }

  /** What is moved when a message is answered: the form with its preview and its title. */
  get #movable() {
    return this.#form.closest("spip-preview") ?? this.#form;
  }

  #build() {
    const button = this.#form.querySelector("button[data-send]");
    button.textContent = button.dataset.send;
    button.closest("p").before(this.#alert);
    button.closest("p").after(this.#status);
    this.#form.addEventListener("focusin", () => this.#fetchToken().catch(() => this.#tellUnreachable()), { once: true });
    this.#form.addEventListener("submit", (event) => this.#submitted(event));
    document.addEventListener("click", (event) => this.#clicked(event));
    // Themes keep the text themselves as long as this script is not there.
    this.#form.dataset.ready = "";
  }

  // ---- the thread

  async #watchThread() {
    const section = this.#form.closest(".comments");
    if (!section?.querySelector("ol.thread")) return;
    const replyAddress = (id) => `${this.#server}/pages/${encodeURIComponent(this.#page)}?parent=${id}#form`;
    this.#thread = new Thread(section, this.#sentences, this.#language, replyAddress);
    if (section.dataset.live === "off") return;
    try {
      let after = this.#thread.newest;
      for (let round = 0; round < MOST_ROUNDS; round += 1) {
        const query = new URLSearchParams({ page: this.#page, after });
        const { page, messages = [], count = 0, next = 0 } = await ask(`${this.#server}/thread?${query}`);
        if (page && !round) this.#offerToFollow(section, page.mails);
        this.#thread.add(messages);
        this.#thread.count(count);
        if (!next) break;
        after = next;
      }
    } catch {
      // The page has what it was built with.
    }
  }

  /** The feed of the page, unless the page has a link to its file, and mails: no page is built knowing of these. */
  #offerToFollow(section, hasMails) {
    const key = encodeURIComponent(this.#page);
    let line = section.querySelector(".comment-follow");
    if (!line) {
      const address = `${this.#server}/feeds/${this.#page === "site" ? "-site" : key}.atom`;
      const link = make("a", { href: address, type: "application/atom+xml", rel: "alternate" }, this.#sentences.translate("Atom feed"));
      line = make("p", { class: "comment-follow meta" }, link);
      section.querySelector("ol.thread").after(line);
    }
    if (!hasMails) return;
    const words = this.#sentences.translate("Mails about new messages");
    line.append(" · ", make("a", { href: `${this.#server}/subscriptions?page=${key}`, rel: "nofollow" }, words));
    this.#offerMails();
  }

  /** The box by which visitors want to be told of replies. */
  #offerMails() {
    const email = this.#form.elements.namedItem("email");
    if (!email || this.#form.elements.namedItem("subscribe")) return;
    const box = make("input", { type: "checkbox", name: "subscribe", value: "1" });
    const words = this.#sentences.translate("Tell me of replies by e-mail");
    email.closest("p").after(make("p", { class: "comment-subscribe" }, make("label", { class: "choice" }, box, ` ${words}`)));
  }

  // ---- answering a message

  #clicked(event) {
    const link = event.target.closest?.(".reply a");
    if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    const item = link.closest("li.comment");
    if (!item || !this.#form.closest(".comments")?.contains(item)) return;
    event.preventDefault();
    this.#replyTo(item);
  }

  #replyTo(item) {
    this.#answered = item;
    if (!this.#home.isConnected) this.#movable.before(this.#home);
    move(this.#movable, item, null);
    this.#form.elements.namedItem("parent").value = item.id.replace("forum", "");
    const author = item.querySelector(".comment-author")?.textContent ?? "";
    if (this.#title) this.#title.textContent = this.#sentences.translate("Reply to {author}", { author });
    if (!this.#form.querySelector(".cancel-reply")) {
      const words = this.#sentences.translate("Do not reply");
      const cancel = make("button", { type: "button", class: "second cancel-reply" }, words);
      cancel.addEventListener("click", () => {
        this.#stopReplying();
        this.#answered.querySelector(".reply a")?.focus();
      });
      this.#form.querySelector("button[data-send]").after(" ", cancel);
    }
    this.#focusField();
  }

  #stopReplying() {
    if (this.#home.isConnected) {
      move(this.#movable, this.#home.parentNode, this.#home);
      this.#home.remove();
    }
    this.#form.querySelector(".cancel-reply")?.remove();
    this.#form.elements.namedItem("parent").value = "0";
    if (this.#title) this.#title.textContent = this.#ownTitle;
  }

  #focusField() {
    const author = this.#form.elements.namedItem("author");
    (author.value ? this.#field : author).focus();
  }

  // ---- sending

  async #fetchToken() {
    const given = this.#form.elements.namedItem("token")?.value;
    if (given && !this.#token) this.#keepToken(given);
    if (this.#token && Date.now() - this.#tokenTime < TOKEN_AGE) return;
    const query = new URLSearchParams({ page: this.#page });
    const { token = "", error } = await ask(`${this.#server}/token?${query}`);
    if (error) throw new TypeError(error.code);
    this.#keepToken(token);
    this.#clearAlert();
  }

  #keepToken(token) {
    this.#token = token;
    this.#tokenTime = Date.now();
  }

  #submitted(event) {
    if (event.defaultPrevented || event.submitter?.name === "preview") return;
    event.preventDefault();
    if (!this.#isSending) this.#send();
  }

  async #send() {
    this.#isSending = true;
    this.#clearAlert();
    const button = this.#form.querySelector("button[data-send]");
    button.setAttribute("aria-disabled", "true");
    this.#status.textContent = this.#sentences.translate("Sending…");
    try {
      const answer = await this.#post();
      if (answer.error) this.#showError(answer.error);
      else this.#showAnswer(answer);
    } catch {
      this.#tellUnreachable();
    } finally {
      this.#isSending = false;
      button.removeAttribute("aria-disabled");
      this.#status.textContent = "";
    }
  }

  /** Sends the form, again if the connection broke: the server takes one form once, however often it comes. */
  async #post() {
    let answer = null;
    for (let attempt = 0; attempt < 4; attempt += 1) {
      try {
        await this.#fetchToken();
        answer = await ask(this.#form.action, { method: "POST", body: this.#content() });
      } catch (error) {
        if (attempt) throw error;
        await pause(RETRY);
        continue;
      }
      if (answer.token) this.#keepToken(answer.token);
      const { code } = answer.error ?? {};
      if (code !== "too-fast" && code !== "token-ended") return answer;
      await pause(1000 * Math.min(answer.wait || 2, LONGEST_WAIT) + 100);
    }
    return answer;
  }

  #content() {
    const content = new URLSearchParams(new FormData(this.#form));
    content.set("token", this.#token);
    if (person.get()) content.set("person", person.get());
    return content;
  }

  #showError({ code, message, field }) {
    const input = field ? this.#form.elements.namedItem(field) : null;
    if (input) input.closest("p").after(this.#alert);
    this.#tell(message || this.#sentences.translate("Your message was not sent."));
    if (code === "wrong-parent") this.#stopReplying();
    if (!input) return this.#alert.focus();
    input.setAttribute("aria-invalid", "true");
    input.addEventListener("input", () => input.removeAttribute("aria-invalid"), { once: true });
    input.focus();
  }

  #tellUnreachable() {
    this.#tell(
      this.#sentences.translate(
        "The comment server cannot be reached just now. Your text stays in this form: please send it again later.",
      ),
    );
  }

  #tell(sentence) {
    this.#alert.hidden = false;
    this.#alert.textContent = sentence;
  }

  #clearAlert() {
    this.#alert.hidden = true;
    this.#alert.textContent = "";
    this.#form.querySelector("button[data-send]").closest("p").before(this.#alert);
  }

  // ---- what became of it

  #showAnswer(answer) {
    const text = this.#field.value;
    this.#token = "";
    this.#form.elements.namedItem("token")?.remove();
    if (answer.person) person.set(answer.person);
    this.#empty();
    const sentence = make("p", { class: "success", tabindex: "-1" }, answer.sentence);
    const article = makeArticle({ ...answer.message, id: 0 }, this.#sentences, this.#language);
    const parts = [sentence, make("div", { class: "message" }, article)];
    if (answer.seconds > 0) parts.push(this.#makeTakingBack(answer, text));
    const box = make("div", { class: "comment-answer", lang: this.#language }, ...parts);
    this.#answer?.remove();
    this.#answer = box;
    this.#movable.before(box);
    this.#stopReplyingAfter(box);
    sentence.focus();
  }

  /** The form goes back to its place; the answer stays where the form was. */
  #stopReplyingAfter(box) {
    if (this.#home.isConnected) this.#stopReplying();
    else box.scrollIntoView({ block: "nearest" });
  }

  #empty() {
    const preview = this.#form.closest("spip-preview");
    if (typeof preview?.sent === "function") preview.sent();
    else {
      preview?.forgetDraft?.();
      this.#field.value = "";
    }
    const title = this.#form.elements.namedItem("title");
    if (title) title.value = "";
    const subscribe = this.#form.elements.namedItem("subscribe");
    if (subscribe) subscribe.checked = false;
  }

  #makeTakingBack({ own, seconds }, text) {
    const minutes = Math.ceil(seconds / 60);
    const words = this.#sentences.translatePlural(
      "You can take your message back for one more minute.",
      "You can take your message back for {number} more minutes.",
      minutes,
    );
    const button = make("button", { type: "button", class: "danger" }, this.#sentences.translate("Take the message back"));
    const line = make("p", { class: "actions" }, `${words} `, button);
    const end = setTimeout(() => line.remove(), seconds * 1000);
    button.addEventListener("click", async () => {
      try {
        const answer = await ask(new URL(own, this.#form.action), { method: "POST" });
        clearTimeout(end);
        this.#showTakenBack(answer.sentence ?? answer.error?.message, answer.sentence ? text : "");
      } catch {
        this.#tellUnreachable();
      }
    });
    return line;
  }

  /** A text that was taken back is in the form again, unless there is another one. */
  #showTakenBack(sentence, text) {
    const shown = make("p", { class: "notice", tabindex: "-1" }, sentence);
    this.#answer.replaceChildren(shown);
    if (text && !this.#field.value) {
      this.#field.value = text;
      this.#field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    shown.focus();
  }
}

/** Moves an element; browsers that can keep its state do. */
function move(element, parent, before) {
  if (parent.moveBefore && element.isConnected) parent.moveBefore(element, before);
  else parent.insertBefore(element, before);
}

for (const form of document.querySelectorAll("form[data-server][data-page]")) new ForumForm(form);
