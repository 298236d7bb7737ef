import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import {
  ask,
  clock,
  compared,
  instant,
  layout,
  outcome,
  ready,
  said,
  strip,
  verdict,
  way,
} from "../../site/assets/health.js";

const HOUR = 3_600_000;
const NEW_YORK = "America/New_York";
const sample = JSON.parse(readFileSync(new URL("../fixtures/site/status.json", import.meta.url)));
const { ReadyAt, CheckedAt, Sessions, Holidays, Names, ...old } = sample; // an earlier release's
const at = (text) => new Date(text);
const monday = at("2026-11-23T16:00:00Z");
const recorded = (Date, RecordedAt) => ({ Date, RecordedAt });

/** As of Fri, Nov 20. */
const status = {
  ...sample,
  Sessions: [
    recorded("2026-11-20", "2026-11-21T05:10:00Z"),
    recorded("2026-11-19", "2026-11-20T09:10:00Z"),
    recorded("2026-11-18", "2026-11-19T07:00:00Z"),
    recorded("2026-10-30", "2026-10-31T04:10:00Z"),
  ],
  Holidays: [
    { Date: "2026-11-11", Name: "Veterans Day" },
    { Date: "2026-11-26", Name: "Thanksgiving Day" },
  ],
};
const view = (changes = {}, told = {}) => ({
  origin: "snapshot",
  now: monday,
  status: { ...status, ...told },
  ...changes,
});
const kinds = (told, now = monday) =>
  Object.fromEntries(strip({ ...status, ...told }, now).map(({ date, ...each }) => [date, each]));

test("the verdict is the state that matters most", () => {
  const missing = { Missing: ["2026-11-19"] };
  const late = { now: at("2026-11-25T00:00:00Z") };
  assert.equal(verdict(view()), "current");
  assert.equal(verdict(view({ now: at("2026-11-22T16:00:00Z") })), "weekend");
  assert.equal(verdict(view({ now: at("2026-11-24T06:00:00Z") })), "current");
  assert.equal(verdict(view({ now: at("2026-11-24T06:11:00Z") })), "slow");
  assert.equal(verdict(view(late)), "late");
  assert.equal(verdict(view({}, missing)), "incomplete");
  assert.equal(verdict(view({ behind: true })), "incomplete");
  assert.equal(verdict(view({}, { Missing: ["2026-11-23"] })), "current");
  assert.equal(verdict(view(late, missing)), "late");
  assert.equal(verdict(view({}, { AsOf: null, Missing: ["2026-11-20"] })), "empty");
  assert.equal(verdict(view({ status: null })), "unknown");
  assert.equal(verdict(view({ origin: "memory", status: null })), "saved");
  assert.equal(verdict({ origin: "nowhere", status, now: monday }), "nowhere");
});

test("an exchange's clock tells an instant, in summer and in winter", () => {
  assert.equal(instant("2026-11-23", "16:00", NEW_YORK), Date.parse("2026-11-23T21:00:00Z"));
  assert.equal(instant("2026-07-01", "16:00", NEW_YORK), Date.parse("2026-07-01T20:00:00Z"));
  assert.equal(instant("2026-11-01", "00:05", NEW_YORK), Date.parse("2026-11-01T04:05:00Z"));
  assert.equal(instant("2026-03-08", "00:05", NEW_YORK), Date.parse("2026-03-08T05:05:00Z"));
  assert.equal(instant("2026-11-23", "15:35", "Asia/Kolkata"), Date.parse("2026-11-23T10:05:00Z"));
});

test("every session is ready at the same time of the exchange's day as the next one", () => {
  for (const told of [status, old]) {
    assert.equal(ready(told)("2026-11-20"), Date.parse("2026-11-21T05:05:00Z"));
    assert.equal(ready(told)("2026-10-30"), Date.parse("2026-10-31T04:05:00Z"));
  }
  const sameDay = {
    ...status,
    ReadyAt: "2026-11-23T14:00:00Z",
    Exchange: { TimeZone: "Asia/Kolkata" },
  };
  assert.equal(ready(sameDay)("2026-11-20"), Date.parse("2026-11-20T14:00:00Z"));
});

test("a session is on time, or late by the hours between", () => {
  assert.deepEqual(kinds()["2026-11-20"], { kind: "good" });
  assert.deepEqual(kinds()["2026-11-19"], { kind: "late", hours: 4 });
  assert.deepEqual(kinds()["2026-11-18"], { kind: "good" });
  assert.deepEqual(kinds()["2026-10-30"], { kind: "good" });
});

test("sessions that are older than the record are not late, nor are those of whose time nothing is known", () => {
  const began = "2026-11-20T17:00:00Z";
  const Sessions = [status.Sessions[0], recorded("2026-11-19", began), recorded("2026-11-18", began)];
  const told = kinds({ Sessions });
  assert.deepEqual(told["2026-11-20"], { kind: "good" });
  assert.deepEqual(told["2026-11-19"], { kind: "in" });
  assert.deepEqual(told["2026-11-18"], { kind: "in" });
  assert.deepEqual(told["2026-11-12"], { kind: "in" });
  assert.deepEqual(
    strip(old, monday),
    [...old.Expected].reverse().map((date) => ({ date, kind: "in" })),
  );
});

test("holidays stand among the sessions by their names, as far as today", () => {
  assert.deepEqual(kinds()["2026-11-11"], { kind: "closed", name: "Veterans Day" });
  assert.equal(kinds()["2026-11-26"], undefined);
  const thanksgiving = {
    NextSession: "2026-11-27",
    ReadyAt: "2026-11-28T05:05:00Z",
    StaleAfter: "2026-11-28T15:05:00Z",
  };
  assert.deepEqual(kinds(thanksgiving, at("2026-11-26T17:00:00Z"))["2026-11-26"].kind, "closed");
});

test("missing sessions stand among the others, oldest first, and old ones before them", () => {
  const told = strip({ ...status, Missing: ["2026-11-19", "2026-10-01", "2026-11-23"] }, monday);
  const dates = told.map(({ date }) => date);
  assert.deepEqual(dates, [...dates].sort());
  assert.deepEqual(
    told.filter(({ kind }) => kind === "missing").map(({ date }) => date),
    ["2026-10-01", "2026-11-19"],
  );
});

test("whatever is overdue is missing, on days on which there are sessions", () => {
  const missing = (now) =>
    strip(status, at(now))
      .filter(({ kind }) => kind === "missing")
      .map(({ date }) => date);
  assert.deepEqual(missing("2026-11-24T15:05:00Z"), []);
  assert.deepEqual(missing("2026-11-24T15:06:00Z"), ["2026-11-23"]);
  assert.deepEqual(missing("2026-12-01T00:00:00Z"), ["2026-11-23", "2026-11-24", "2026-11-25", "2026-11-27"]);
  assert.equal(missing("2029-01-01T00:00:00Z").length, 30);
  const replay = { ...status, Source: { ...status.Source, ClockOffsetSeconds: -86_400 } };
  assert.equal(
    strip(replay, at("2026-11-24T20:00:00Z")).some(({ kind }) => kind === "missing"),
    false,
  );
});

test("the days of a week stand side by side, and as many weeks as fit", () => {
  const entries = ["2026-11-12", "2026-11-13", "2026-11-16", "2026-11-20", "2026-11-23"].map((date) => ({ date }));
  const wide = layout(entries, 944);
  assert.equal(wide.size, 32);
  assert.deepEqual(
    wide.weeks.map(({ date, x, y }) => [date, x, y]),
    [
      ["2026-11-09", 0, 0],
      ["2026-11-16", 168, 0],
      ["2026-11-23", 336, 0],
    ],
  );
  assert.deepEqual(
    wide.days.map(({ x }) => x),
    [96, 128, 168, 296, 336],
  );
  const narrow = layout(entries, 288);
  assert.equal(narrow.size, 28);
  assert.deepEqual(
    narrow.weeks.map(({ x, y }) => [x, y]),
    [
      [0, 0],
      [148, 0],
      [0, 52],
    ],
  );
  assert.equal(narrow.height, 104);
  for (const width of [10, 288, 358, 944]) {
    const { days, size } = layout(entries, width);
    assert.ok(Math.max(...days.map(({ x }) => x + size)) <= width);
  }
  const sunday = layout([...entries, { date: "2026-11-29" }], 944);
  assert.equal(sunday.days.at(-1).x, sunday.weeks.at(-1).x + 6 * sunday.size);
});

test("the way leads from the latest close to the next alarm, and tells how far it is gone", () => {
  const { instants, now } = way(status, monday, "16:00");
  assert.deepEqual(
    instants.map((each) => new Date(each).toISOString().slice(0, 16)),
    ["2026-11-20T21:00", "2026-11-21T05:10", "2026-11-23T21:00", "2026-11-24T05:05", "2026-11-24T15:05"],
  );
  assert.ok(now > 1.8 && now < 2);
  const gone = (text) => way(status, at(text), "16:00").now;
  assert.equal(gone("2026-11-23T21:00:00Z"), 2);
  assert.equal(gone("2026-11-24T10:05:00Z"), 3.5);
  assert.equal(gone("2026-12-24T10:05:00Z"), 4.5);
  assert.equal(gone("2026-11-20T00:00:00Z"), 0);
  const replay = { ...status, Source: { ...status.Source, ClockOffsetSeconds: -3600 } };
  assert.equal(way(replay, new Date(Date.parse("2026-11-23T21:00:00Z") + HOUR), "16:00").now, 2);
  assert.equal(way(old, monday, "16:00").instants[1], Date.parse("2026-11-21T05:05:00Z"));
});

test("a clock that is off is told in the largest unit that fits", () => {
  assert.equal(clock(-15_120_000), "175 days behind real time");
  assert.equal(clock(3600), "1 hour ahead of real time");
  assert.equal(clock(-90), "2 minutes behind real time");
});

const browser = (answer) => ({ performance: { now: () => 0 }, fetch: async () => answer() });
const answer = (text, code = 200) =>
  ask(
    browser(() => new Response(text, { status: code })),
    "/movers",
  );
const none = () =>
  ask(
    browser(() => Promise.reject(new TypeError())),
    "/movers",
  );

test("an answer is told with its time, a failure with what is known of it", async () => {
  const answers = [await answer("[]"), await answer("", 503), await none()];
  assert.deepEqual(answers.map(said), ["0 ms", "error 503", "no answer"]);
});

test("answers are compared only where there are two", async () => {
  const [one, same, other, broken] = [
    await answer("[1]"),
    await answer("[1]"),
    await answer("[]"),
    await answer("[1]", 500),
  ];
  assert.equal(compared(one, same), "identical");
  assert.equal(compared(one, other), "different");
  assert.equal(compared(one, broken), "–");
});

test("what the answers come to is a sentence", async () => {
  const [one, other, fails] = [await answer("[1]"), await answer("[]"), await none()];
  const cases = [
    [[one, one], [other, other], "Both sources respond, with identical data."],
    [
      [one, one],
      [one, other],
      "Both sources respond, but their data differs, as it may for some minutes after a new session.",
    ],
    [[fails, one], [fails, other], "One source doesn’t respond."],
    [[one, fails], [one, one], "One source doesn’t respond."],
    [[fails, fails], [fails, fails], "Neither source responds."],
  ];
  for (const [first, second, expected] of cases) assert.equal(outcome([first, second]), expected);
});
