import { expect, it } from "vitest";

import { problemOf, readProblem } from "./problem";
import { problems } from "./text/en.json";

it("takes the server's own sentence, with its code and its id", () => {
  const body = JSON.stringify({
    code: "upload.type_refused",
    detail: "No programs.",
    request_id: "7f3a",
  });
  expect(readProblem(415, body)).toEqual({
    code: "upload.type_refused",
    words: "No programs.",
    requestId: "7f3a",
  });
});

it("has words for a code that comes without a sentence", () => {
  expect(readProblem(415, '{"code": "upload.type_refused"}').words).toBe(
    problems["upload.type_refused"],
  );
});

it.each([
  [0, "", "network.away"],
  [413, "<html>Too large</html>", "upload.too_large"],
  [429, "", "server.limited"],
  [502, "<html>Bad gateway</html>", "server.error"],
  [418, "null", "unknown"],
  [400, '{"code": 7, "detail": ""}', "unknown"],
] as const)("has words for a bare %d", (status, body, code) => {
  expect(readProblem(status, body)).toEqual({ code, words: problems[code], requestId: null });
});

it("makes problems of our own, and falls back to plain words", () => {
  expect(problemOf("link.full").words).toBe(problems["link.full"]);
  expect(problemOf("never.heard").words).toBe(problems.unknown);
});
