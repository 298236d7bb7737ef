import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { ask, clock, compared, said, sessions, verdict } from "../../site/assets/health.js";

const status = JSON.parse(readFileSync(new URL("../fixtures/site/status.json", import.meta.url)));
const monday = new Date("2026-11-23T16:00:00Z");
const view = (changes = {}, told = {}) => ({
  origin: "snapshot",
  status: { ...status, ...told },
  ...changes,
});

const browser = (answer) => ({ performance: { now: () => 0 }, fetch: async () => answer() });

test("the verdict is the state that matters most", () => {
  const missing = { Missing: ["2026-11-19"] };
  assert.equal(verdict(view(), monday), "current");
  assert.equal(verdict(view(), new Date("2026-11-22T16:00:00Z")), "weekend");
  assert.equal(verdict(view({}, missing), monday), "incomplete");
  assert.equal(verdict(view({ behind: true }), monday), "incomplete");
  assert.equal(verdict(view({}, missing), new Date("2026-11-25T00:00:00Z")), "late");
  assert.equal(verdict(view({}, { AsOf: null, Missing: ["2026-11-20"] }), monday), "empty");
  assert.equal(verdict(view({ status: null }), monday), "unknown");
  assert.equal(verdict({ origin: "nowhere", status }, monday), "nowhere");
});

test("sessions that should be on record are told newest first, old holes among them", () => {
  const told = sessions({ Expected: ["2026-11-20", "2026-11-19"], Missing: ["2026-11-19", "2026-10-01"] });
  assert.deepEqual(told, [
    { date: "2026-11-20", stored: true },
    { date: "2026-11-19", stored: false },
    { date: "2026-10-01", stored: false },
  ]);
});

test("a clock that is off is told in the largest unit that fits", () => {
  assert.equal(clock(-15_120_000, "en-US"), "175 days behind real time");
  assert.equal(clock(3600, "en-US"), "1 hour ahead of real time");
  assert.equal(clock(-90, "en-US"), "2 minutes behind real time");
});

test("an answer is told with its time, a failure with what is known of it", async () => {
  const good = await ask(
    browser(() => new Response("[]")),
    "/movers",
  );
  const failed = await ask(
    browser(() => new Response("", { status: 503 })),
    "/movers",
  );
  const none = await ask(
    browser(() => Promise.reject(new TypeError())),
    "/movers",
  );
  assert.deepEqual([good, failed, none].map(said), ["0 ms", "failed (503), 0 ms", "no answer, 0 ms"]);
});

test("answers are compared only where there are two", async () => {
  const answer = (text, code = 200) =>
    ask(
      browser(() => new Response(text, { status: code })),
      "/movers",
    );
  const [one, same, other, broken] = [
    await answer("[1]"),
    await answer("[1]"),
    await answer("[]"),
    await answer("[1]", 500),
  ];
  assert.equal(compared(one, same), "same bytes");
  assert.equal(compared(one, other), "different bytes");
  assert.equal(compared(one, broken), "not compared");
});
