// Settings of Eleventy for a site that came from SPIP. You may change this file.
import { existsSync, readFileSync } from "node:fs";
import footnotes from "markdown-it-footnote";
import definitions from "markdown-it-deflist";
import { collections, filters, isHidden } from "./theme.js";

const site = JSON.parse(readFileSync(new URL("_data/site.json", import.meta.url), "utf8"));

export default function settings(eleventy) {
  eleventy.addPassthroughCopy({ IMG: "IMG", assets: "assets", feeds: "feeds" });
  // A search without a server: after each build, npx pagefind --site _site.
  eleventy.addGlobalData("hasSearch", existsSync("_site/pagefind/pagefind.js"));
  // npm start shows drafts and texts to come, a build leaves them out.
  eleventy.addPreprocessor("hidden", "md", (data) =>
    process.env.ELEVENTY_RUN_MODE === "build" && isHidden(data, site) ? false : undefined,
  );
  eleventy.amendLibrary("md", (markdown) => markdown.use(footnotes).disable("footnote_inline").use(definitions));
  for (const [name, collect] of Object.entries(collections)) {
    eleventy.addCollection(name, (api) => collect(api.getAll(), site));
  }
  for (const [name, filter] of Object.entries(filters)) eleventy.addFilter(name, filter);
  return {
    dir: { input: "content", includes: "../_includes", data: "../_data", output: "_site" },
    templateFormats: ["md", "njk"],
    // The texts are no templates: braces in them are braces.
    markdownTemplateEngine: false,
  };
}
