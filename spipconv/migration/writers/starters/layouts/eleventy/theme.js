// What the templates in _includes/ compute from the front matter of all pages: the lists, the order, dates in words.

import { existsSync } from "node:fs";

const MOST = 20;
const SECTIONS = ["rubrique", "agenda", "albums", "dictionnaire", "documents"];
// As far as neighbours of the same kind are looked for.
const NEAR = 50;
const HOME = { articles: 7, news: 5, apart: ["breve", "site", "evenement"] };

// ---- Pages ----

/** A draft, or a text to come on a site that does not show these. */
export const isHidden = (data, site) =>
  Boolean(data.draft) || (data.date instanceof Date && data.date.getTime() > Date.now() && !site.shows_future);

const time = (page) => (page.data.date instanceof Date ? page.data.date.getTime() : -8.64e15);
const { compare } = new Intl.Collator("en");
const byTitle = (one, other) => compare(String(one.data.title), String(other.data.title));
const byDate = (one, other) => time(other) - time(one) || byTitle(one, other);
const byNumber = (one, other) =>
  Number(!one.data.weight) - Number(!other.data.weight) || (one.data.weight ?? 0) - (other.data.weight ?? 0);
const kindOf = (page) => page.data.spip?.kind ?? "article";
const isText = (page) => page.data.layout === "article";
const above = (url) => url.replace(/[^/]+\/?$/, "");
const frontOf = (language, site) => (language === site.lang ? "/" : `/${language}/`);

const add = (table, key, page) => (table.has(key) ? table.get(key).push(page) : table.set(key, [page]));

// Where every page is, and what each lists: found once for all pages.
const indexes = new WeakMap();
const indexOf = (all) => {
  if (!indexes.has(all)) {
    const index = { at: new Map(), texts: new Map(), lists: new Map(), also: new Map(), about: new Map(), versions: new Map() };
    const pages = all.filter((page) => page.data.layout && page.url?.endsWith("/") && !page.data.listing);
    for (const page of [...pages].sort(byDate)) {
      index.at.set(page.url, page);
      add(isText(page) ? index.texts : index.lists, page.data.parent ?? above(page.url), page);
      if (isText(page)) for (const { url } of page.data.aussi_dans ?? []) add(index.also, url, page);
      for (const term of [...(page.data.mots ?? []), ...(page.data.auteurs ?? [])]) add(index.about, term, page);
      if (page.data.translation_key) add(index.versions, page.data.translation_key, page);
    }
    const inOrder = (one, other) => byNumber(one, other) || byDate(one, other);
    for (const texts of index.texts.values()) texts.sort(inOrder);
    // What a section lists if texts of other sections are among it.
    for (const [url, others] of index.also)
      index.also.set(url, [...new Set([...(index.texts.get(url) ?? []), ...others])].sort(inOrder));
    for (const lists of index.lists.values()) lists.sort((one, other) => byNumber(one, other) || byTitle(one, other));
    indexes.set(all, index);
  }
  return indexes.get(all);
};

/** The texts that a section, a keyword or an author lists. */
const listed = (all, page) => {
  const index = indexOf(all);
  if (["mot", "auteur"].includes(kindOf(page))) return index.about.get(page.url) ?? [];
  return isText(page) || page.url === "/" ? [] : (index.also.get(page.url) ?? index.texts.get(page.url) ?? []);
};

// Old addresses that are paths: a page at each leads to the new one.
const redirects = (all) => {
  const taken = new Map(all.map((page) => [page.url, ""]));
  for (const page of all) {
    for (const address of page.data.aliases ?? []) if (!taken.has(address)) taken.set(address, page.url);
  }
  return [...taken].filter(([, to]) => to).map(([from, to]) => ({ from, to }));
};

// The second and further pages of long lists.
const further = (all, site) =>
  [...indexOf(all).at.values()].flatMap((page) => {
    if (isText(page) || page.url === frontOf(page.data.lang, site)) return [];
    const total = Math.ceil(listed(all, page).length / MOST);
    return Array.from({ length: Math.max(0, total - 1) }, (_, place) => ({ url: page.url, number: place + 2 }));
  });

export const collections = { redirects, further };

// ---- Words ----

const escape = (text) =>
  String(text).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
const fill = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (mark, name) => values[name] ?? mark);
const plain = (markup) =>
  String(markup ?? "").replace(/<[^>]*>/g, " ").replace(/\s+/g, " ").trim();
const shorten = (text, most) =>
  text.length > most ? `${text.slice(0, most).replace(/\s+\S*$/, "")} …` : text;

const monthOf = (date, words) => words[`month_${date.getUTCMonth() + 1}`];
/** A date in words, in the page's language: 1er février 2016. */
const inWords = (moment, words) => {
  const date = new Date(moment);
  const day = date.getUTCDate() === 1 ? words.first_day : date.getUTCDate();
  return fill(words.date, { day, month: monthOf(date, words), year: date.getUTCFullYear() });
};

/** "Publié le 8 février 2016", or less where SPIP knew only the month or the year; as HTML. */
const published = (data, words) => {
  if (!(data.date instanceof Date)) return "";
  const [day, year, known] = [data.date.toISOString().slice(0, 10), data.date.getUTCFullYear(), String(data.spip?.date ?? "")];
  const element = (machine, shown) => `<time datetime="${machine}">${escape(shown)}</time>`;
  if (known.endsWith("-00-00")) return fill(escape(words.published_in), { date: element(year, year) });
  if (known.endsWith("-00")) {
    const month = fill(words.month_year, { month: monthOf(data.date, words), year });
    return fill(escape(words.published_in), { date: element(day.slice(0, 7), month) });
  }
  return fill(escape(words.published), { date: element(day, inWords(data.date, words)) });
};

/** "Première publication : mai 1998", of a year, a month or a day. */
const written = (moment, words) => {
  const text = moment instanceof Date ? moment.toISOString().slice(0, 10) : String(moment);
  const [year, month, day] = text.split("-");
  const date = day ? inWords(text, words) : month ? fill(words.month_year, { month: words[`month_${Number(month)}`], year }) : year;
  return fill(words.written, { date });
};

/** Words of front matter; in French, no line begins with a mark that has a space before it. */
const typeset = (text, language) =>
  language?.startsWith("fr")
    ? String(text ?? "").replace(/ (?=[:;!?»%])/g, "\u00a0").replaceAll("« ", "«\u00a0")
    : text;

/** The size of a file in words: 1,2 Mio. */
const size = (bytes, words) => {
  const units = ["bytes", "kib", "mib", "gib"];
  const power = Math.min(3, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const number = String(Math.round((bytes / 1024 ** power) * 10) / 10).replace(".", words.decimal);
  return fill(words[units[power]], { size: number });
};

// ---- Filters ----
// "this" is the page that is written: its context has the collections and the data of _data/.

const pagesAt = (all, addresses) => (addresses ?? []).map((address) => indexOf(all).at.get(address)).filter(Boolean);

export const filters = {
  fill: (sentence, name, value) => fill(sentence, { [name]: value }),
  shorten: (text, most) => shorten(plain(text), most),
  plain,
  words: (date, words) => inWords(date, words),
  iso: (date) => new Date(date).toISOString().slice(0, 10),
  rfc822: (date) => new Date(date).toUTCString().replace("GMT", "+0000"),
  published,
  written,
  typeset,
  size,
  file: (address) => decodeURIComponent(address.split("/").pop()),
  at: (all, url) => indexOf(all).at.get(url),
  sectionOf: (all, page) => indexOf(all).at.get(page.data.parent ?? above(page.url)),
  home: (language, site) => frontOf(language, site),
  languageAt(url, site) {
    const [, first] = url.split("/");
    return first in site.languages ? first : site.lang;
  },
  // The page whose list is shown: the page itself, or that whose list goes on here.
  shown(all) {
    const { page, listing } = this.ctx;
    return indexOf(all).at.get(listing ? listing.url : page.url) ?? { url: page.url, data: this.ctx, content: "" };
  },
  pagesAt,
  trail(all, page, home) {
    const steps = [];
    let url = page.data.parent ?? above(page.url);
    for (let level = 0; level < 40 && url !== home && url !== "/"; level++) {
      const step = indexOf(all).at.get(url);
      if (step) steps.unshift(step);
      url = step?.data.parent ?? above(url);
    }
    return steps;
  },
  translations(all, page, site) {
    const codes = Object.keys(site.languages);
    return (indexOf(all).versions.get(page.data.translation_key) ?? [])
      .filter((other) => other.data.lang !== page.data.lang)
      .sort((one, other) => codes.indexOf(one.data.lang) - codes.indexOf(other.data.lang));
  },
  sections: (all, url) => (indexOf(all).lists.get(url) ?? []).filter((page) => SECTIONS.includes(kindOf(page))),
  terms: (all, url) => (indexOf(all).lists.get(url) ?? []).filter((page) => kindOf(page) === "mot").sort(byTitle),
  authors: (all, language) =>
    [...indexOf(all).at.values()]
      .filter((page) => kindOf(page) === "auteur" && page.data.lang === language)
      .sort(byTitle),
  count: (all, page) => (indexOf(all).about.get(page.url) ?? []).length,
  // The part of a list that one page shows, with its number and the number of all.
  part(all, page, number) {
    const texts = listed(all, page);
    const total = Math.max(1, Math.ceil(texts.length / MOST));
    return { texts: texts.slice((number - 1) * MOST, number * MOST), number, total };
  },
  // The numbers of the pages of a list that are linked: the first, the last, and those near this one.
  near: ({ number, total }) =>
    Array.from({ length: total }, (_, place) => place + 1).filter(
      (other) => other === 1 || other === total || Math.abs(other - number) <= 2,
    ),
  latest(all, language) {
    const texts = [...indexOf(all).at.values()].filter((page) => isText(page) && page.data.lang === language);
    return {
      articles: texts.filter((page) => !HOME.apart.includes(kindOf(page))).slice(0, HOME.articles),
      news: texts.filter((page) => kindOf(page) === "breve").slice(0, HOME.news),
      all: texts.slice(0, MOST),
    };
  },
  // The texts of the same kind before and after this one: by their numbers if they have some, or else by date.
  neighbours(all, page) {
    const texts = (indexOf(all).texts.get(page.data.parent ?? above(page.url)) ?? []);
    const place = texts.findIndex((text) => text.url === page.url);
    const isLike = (text) => kindOf(text) === kindOf(page);
    const earlier = texts.slice(Math.max(0, place - NEAR), Math.max(0, place)).reverse().find(isLike);
    const around = place < 0 ? [] : [earlier, texts.slice(place + 1, place + 1 + NEAR).find(isLike)];
    const [before, after] = page.data.weight ? around : around.reverse();
    return { before, after, any: Boolean(before || after) };
  },
  sameSection: (all, page) =>
    (indexOf(all).texts.get(page.data.parent ?? above(page.url)) ?? [])
      .slice(0, NEAR)
      .filter((text) => text.url !== page.url && kindOf(text) === kindOf(page))
      .slice(0, 5),
  // The keywords of a page, group by group, without the groups whose names begin with "_": they were for SPIP's
  // templates.
  keywordGroups(all, page, words) {
    const groups = new Map();
    for (const term of pagesAt(all, page.data.mots)) {
      const name = indexOf(all).at.get(term.data.parent ?? above(term.url))?.data.title ?? words.keywords;
      if (!String(name).startsWith("_")) add(groups, name, term);
    }
    return [...groups].map(([title, terms]) => ({ title, terms }));
  },
  // The name of a page's messages: the front matter's "forum" if that is a name; that of its object in SPIP; or else one
  // made of its address. "spipconv comments pages" gives pages the same names.
  keyOf(page, site) {
    const { forum, spip, lang } = page.data;
    if (typeof forum === "string") return forum;
    if (spip?.id) return `${spip.kind}${spip.id}${(lang ?? site.lang) === site.lang ? "" : `.${lang}`}`;
    const path = page.url.replace(/^\/+|\/+$/g, "") || "index";
    return path.replaceAll("/", "--").replaceAll(/[%.]/g, "_");
  },
  // The messages of a page, of all in _data/comments.
  messagesOf: (comments, key) => comments?.[key] ?? [],
  // The address of the feed of a page's messages, where "spipconv comments export" has written one and the site has a
  // server for comments. That of a page called "site" has another name than the site's.
  feedOf(key, site) {
    const path = `feeds/${key === "site" ? "-site" : key}.atom`;
    return site.comments_server && existsSync(path) ? `/${path}` : "";
  },
  withoutSlash: (address) => String(address ?? "").replace(/\/+$/, ""),
  startsWith: (text, start) => String(text).startsWith(start),
};
