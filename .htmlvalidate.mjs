// HTML is linted by html-validate; JS and CSS are Biome's (.biome.jsonc).
export default {
  root: true,
  extends: ["html-validate:recommended", "html-validate:document"],
  rules: {
    "doctype-style": ["error", { style: "lowercase" }],
    "no-implicit-button-type": "off", // no page has a form, so there is nothing to submit
    "require-sri": "off", // every script and style is the page's own, and the policy allows no other
  },
};
