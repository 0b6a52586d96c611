/** What the front end may not do. Form is Prettier's; this is about mistakes. */
import js from "@eslint/js";
import ts from "typescript-eslint";

export default ts.config(
  { ignores: ["node_modules/", "shared/api/schema.d.ts"] },
  js.configs.recommended,
  {
    files: ["**/*.ts", "**/*.tsx"],
    extends: [...ts.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "no-console": "error",
      eqeqeq: "error",
    },
  },
  {
    // Every text stands in shared/text/en.json: a literal in TSX would never be translated.
    files: ["**/*.tsx"],
    rules: {
      "no-restricted-syntax": [
        "error",
        {
          selector: "JSXText[value=/\\p{L}{2}/u]",
          message: "Put the words into shared/text/en.json.",
        },
        {
          selector:
            "JSXAttribute[name.name=/^(label|title|placeholder|alt|aria-label|description)$/] > Literal[value=/\\p{L}{2}/u]",
          message: "Put the words into shared/text/en.json.",
        },
      ],
    },
  },
);
