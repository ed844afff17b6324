// Settings of Eleventy for a site that came from SPIP. You may change this file.
import { readFileSync } from "node:fs";
import footnotes from "markdown-it-footnote";

const site = JSON.parse(readFileSync(new URL("_data/site.json", import.meta.url), "utf8"));
const now = Date.now();
const isBuild = () => process.env.ELEVENTY_RUN_MODE === "build";

// A draft, or a text to come on a site that does not show these.
const isHidden = (data) =>
  Boolean(data.draft) || (data.date instanceof Date && data.date.getTime() > now && !site.shows_future);

// The addresses of a page's keywords and authors, without the language before them.
const keywordsOf = (data) =>
  Object.entries(data.keywords ?? {}).flatMap(([group, names]) => names.map((name) => `/${group}/${name}/`));
const authorsOf = (data) => (data.authors ?? []).map((name) => `/auteurs/${name}/`);

const time = (page) => (page.data.date instanceof Date ? page.data.date.getTime() : -8.64e15);
// As SPIP orders pages: those with a number first, then the latest, then by title.
const inOrder = (one, other) =>
  Number(!one.data.weight) - Number(!other.data.weight) ||
  (one.data.weight ?? 0) - (other.data.weight ?? 0) ||
  time(other) - time(one) ||
  String(one.data.title).localeCompare(String(other.data.title));

const add = (table, key, page) => (table.has(key) ? table.get(key).push(page) : table.set(key, [page]));

// Where every page is, and what each lists: found once for all pages.
const indexes = new WeakMap();
const indexOf = (all) => {
  if (!indexes.has(all)) {
    const index = { at: new Map(), below: new Map(), with: new Map(), translations: new Map() };
    for (const page of [...all].sort(inOrder)) {
      index.at.set(page.url, page);
      if (page.url !== "/") add(index.below, page.url.replace(/[^/]+\/$/, ""), page);
      for (const term of [...keywordsOf(page.data), ...authorsOf(page.data)]) add(index.with, term, page);
      if (page.data.translation_key) add(index.translations, page.data.translation_key, page);
    }
    indexes.set(all, index);
  }
  return indexes.get(all);
};
const inLanguage = (address, language) => (language === site.language ? address : `/${language}${address}`);
const pagesAt = (all, addresses, language) =>
  addresses
    .map((address) => indexOf(all).at.get(inLanguage(address, language)) ?? indexOf(all).at.get(address))
    .filter(Boolean);

// Old addresses that are paths: a page at each leads to the new one.
const redirects = (all) => {
  const taken = new Map(all.map((page) => [page.url, ""]));
  for (const page of all) {
    for (const address of page.data.aliases ?? []) if (!taken.has(address)) taken.set(address, page.url);
  }
  return [...taken].filter(([, to]) => to).map(([from, to]) => ({ from, to }));
};

export default function settings(eleventy) {
  eleventy.addPassthroughCopy({ IMG: "IMG" });
  eleventy.addPassthroughCopy({ static: "." });
  eleventy.addPreprocessor("hidden", "md", (data) => (isBuild() && isHidden(data) ? false : undefined));
  eleventy.amendLibrary("md", (markdown) => markdown.use(footnotes).disable("footnote_inline"));
  eleventy.addCollection("redirects", (api) => redirects(api.getAll()));

  // Each takes collections.all.
  eleventy.addFilter("below", (all, url) => indexOf(all).below.get(url) ?? []);
  eleventy.addFilter("with", (all, url, language) => {
    const start = `/${language}/`;
    return indexOf(all).with.get(url.startsWith(start) ? url.slice(start.length - 1) : url) ?? [];
  });
  eleventy.addFilter("latest", (all, language, most) =>
    all.filter((page) => page.data.date instanceof Date && page.data.lang === language).sort((one, other) => time(other) - time(one)).slice(0, most),
  );
  eleventy.addFilter("keywords", (all, data) => pagesAt(all, keywordsOf(data), data.lang));
  eleventy.addFilter("authors", (all, data) => pagesAt(all, authorsOf(data), data.lang));
  eleventy.addFilter("above", (all, url) => {
    const steps = url.split("/").slice(1, -2);
    return steps.map((_, level) => indexOf(all).at.get(`/${steps.slice(0, level + 1).join("/")}/`)).filter(Boolean);
  });
  eleventy.addFilter("translations", (all, data, url) =>
    (indexOf(all).translations.get(data.translation_key) ?? []).filter((page) => page.url !== url),
  );
  eleventy.addFilter("day", (date) => (date instanceof Date ? date.toISOString().slice(0, 10) : ""));
  eleventy.addFilter("moment", (date) => (date instanceof Date ? date : new Date(0)).toISOString());
  // The messages of a page, of all in _data/comments.
  eleventy.addFilter("of", (comments, data) => {
    const suffix = data.lang === site.language ? "" : `.${data.lang}`;
    return comments?.[`${data.spip?.kind}${data.spip?.id}${suffix}`] ?? [];
  });

  return {
    dir: { input: "content", includes: "../_includes", data: "../_data", output: "_site" },
    templateFormats: ["md", "njk"],
    // The texts are no templates: braces in them are braces.
    markdownTemplateEngine: false,
  };
}
