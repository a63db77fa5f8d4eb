import assert from "node:assert/strict";
import { test } from "node:test";
import { answer } from "../function/answer.mjs";
import { version } from "../function/version.mjs";

test("an answer tells version, stage, visits and greeting", () => {
  const { statusCode, body } = answer({ visits: 3, stage: "staging", greeting: "Hello" });
  assert.equal(statusCode, 200);
  assert.deepEqual(JSON.parse(body), { version, stage: "staging", visits: 3, greeting: "Hello" });
});
