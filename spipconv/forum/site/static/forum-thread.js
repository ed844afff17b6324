/** The thread of a page: messages that are newer than the page come in, and are put in their places among the others. */

import { make } from "./spip-preview-elements.js";
import { harmless } from "./spip-preview-safety.js";

const DEEPEST = 5;
const ID = /^forum(\d+)$/;

/**
 * Returns a message as the themes show it, with a link to answer it if there is an address for that. Its date leads to it
 * if it has a number.
 */
export function makeArticle(message, sentences, language, replyAddress = "") {
  const name = message.author || sentences.translate("Anonymous");
  const meta = make("p", { class: "meta" }, make("span", { class: "comment-author" }, makeAuthor(message, name)));
  if (message.date) meta.append(", ", makeDate(message, language));
  if (message.parent) meta.append(" ", makeParent(message, sentences));
  const header = make("header", {}, ...(message.title ? [make("h3", {}, message.title)] : []), meta);
  const text = make("div", { class: "comment-text", lang: language }, harmless(message.html, ""));
  const article = make("article", {}, header, text);
  if (replyAddress) {
    const link = make("a", { href: replyAddress, rel: "nofollow" }, sentences.translate("Reply to this message"));
    article.append(make("p", { class: "reply" }, link));
  }
  return article;
}

function makeAuthor({ url }, name) {
  if (!/^https?:\/\//i.test(url)) return name;
  return make("a", { href: url, rel: "nofollow ugc noopener external" }, name);
}

function makeDate({ id, date }, language) {
  const time = make("time", { datetime: date }, writeDate(date, language));
  return id ? make("a", { href: `#forum${id}` }, time) : time;
}

function makeParent({ parent, answered }, sentences) {
  const author = answered || sentences.translate("Anonymous");
  const words = sentences.translate("in reply to {author}", { author });
  return make("a", { class: "reply-to", href: `#forum${parent}` }, words);
}

/** Dates are those of the site, without a time zone. */
function writeDate(date, language) {
  const time = new Date(`${date}Z`);
  if (Number.isNaN(time.getTime())) return date;
  const format = { dateStyle: "long", timeStyle: "short", timeZone: "UTC" };
  try {
    return new Intl.DateTimeFormat(language, format).format(time);
  } catch {
    return new Intl.DateTimeFormat("en", format).format(time);
  }
}

/** The list of messages in a page. */
export class Thread {
  #section;
  #list;
  #sentences;
  #language;
  #replyAddress;

  /** `replyAddress(id)` is where a message is answered without a script. */
  constructor(section, sentences, language, replyAddress) {
    this.#section = section;
    this.#list = section.querySelector("ol.thread");
    this.#sentences = sentences;
    this.#language = language;
    this.#replyAddress = replyAddress;
  }

  /** The number of the newest message in the page, or 0. */
  get newest() {
    const numbers = [...this.#list.children].map((item) => Number(ID.exec(item.id)?.[1] ?? 0));
    return numbers.reduce((largest, number) => Math.max(largest, number), 0);
  }

  /** Adds messages that the page does not have, each below the one that it answers. */
  add(messages) {
    for (const message of messages) {
      const isKnown = !Number.isInteger(message.id) || document.getElementById(`forum${message.id}`);
      if (!isKnown) this.#insert(message);
    }
    if (this.#list.children.length) this.#list.hidden = false;
  }

  /** Shows how many messages the thread has. */
  count(number) {
    const title = this.#section.querySelector("#comments-title, h2");
    if (!title || !number) return;
    const place = title.querySelector(".count") ?? title.appendChild(make("span", { class: "count" }));
    if (place.previousSibling?.nodeType !== Node.TEXT_NODE) place.before(" ");
    place.textContent = `(${number})`;
  }

  #insert(message) {
    const depth = Math.max(0, Math.min(Number(message.depth) || 0, DEEPEST));
    const item = make("li", { id: `forum${message.id}`, class: `comment depth-${depth}` });
    item.append(makeArticle(message, this.#sentences, this.#language, this.#replyAddress(message.id)));
    const parent = message.parent ? document.getElementById(`forum${message.parent}`) : null;
    if (parent?.parentElement === this.#list) this.#lastBelow(parent).after(item);
    else this.#list.append(item);
  }

  /** Returns the last message of those that answer one, or answers to it: classes do not tell how deep they are. */
  #lastBelow(parent) {
    const below = new Set([parent.id]);
    let last = parent;
    for (let item = parent.nextElementSibling; item; item = item.nextElementSibling) {
      const answered = item.querySelector(".reply-to")?.getAttribute("href")?.slice(1);
      if (!below.has(answered)) break;
      below.add(item.id);
      last = item;
    }
    return last;
  }
}
