import { expect, it } from "vitest";

import { HOME, nextFrom } from "./address";

it.each([
  ["?next=%2Fapp%2Fassets%2Fast_1%3Ft%3D3", "/app/assets/ast_1?t=3"],
  ["", HOME],
  ["?next=", HOME],
  ["?next=https%3A%2F%2Fevil.example", HOME],
  ["?next=%2F%2Fevil.example", HOME],
  ["?next=%2F%5Cevil.example", HOME],
  ["?next=%2Fa%5Cb", HOME],
  ["?next=%2F%09%2Fevil.example", HOME],
  ["?next=javascript%3Aalert(1)", HOME],
])("%s leads to %s", (query, path) => {
  expect(nextFrom(query)).toBe(path);
});
