import js from "@eslint/js";
import globals from "globals";

// What writes markup into a page as text: the widget builds its elements, and parses the server's HTML inertly.
const MARKUP_SINKS = [
  ...["innerHTML", "outerHTML", "insertAdjacentHTML", "createContextualFragment"].map((property) => ({ property })),
  ...["write", "writeln"].map((property) => ({ object: "document", property })),
];

export default [
  js.configs.recommended,
  {
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "array-callback-return": "error",
      "consistent-this": "error",
      eqeqeq: "error",
      "no-console": "error",
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-new-func": "error",
      "no-script-url": "error",
      "no-self-compare": "error",
      "no-shadow": "error",
      "no-unused-vars": ["error", { args: "after-used" }],
      "no-use-before-define": ["error", { functions: false, classes: true, variables: false }],
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-const": "error",
      "prefer-template": "error",
      "require-atomic-updates": "error",
    },
  },
  {
    files: ["spipconv/preview/static/**", "spipconv/forum/site/static/**", "spipconv/glossary/static/**"],
    languageOptions: { ecmaVersion: 2022, sourceType: "module", globals: globals.browser },
    rules: {
      "no-restricted-properties": ["error", ...MARKUP_SINKS],
      "no-restricted-globals": ["error", "event", "name", "status"],
    },
  },
  {
    files: ["spipconv/migration/writers/starters/layouts/eleventy/**", "tests/preview/widget/**", "eslint.config.js"],
    languageOptions: { ecmaVersion: 2024, sourceType: "module", globals: { ...globals.browser, ...globals.node } },
  },
];
