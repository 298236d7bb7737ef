// html-validate lints the documents that `make lint` renders; Biome lints JS and CSS (.biome.jsonc).
export default {
  root: true,
  extends: ["html-validate:recommended", "html-validate:document"],
  rules: {
    "doctype-style": ["error", { style: "lowercase" }],
    "no-implicit-button-type": "off", // no page has a form to submit
    "require-sri": "off", // all scripts and styles are the site's own; the policy allows no others
  },
};
