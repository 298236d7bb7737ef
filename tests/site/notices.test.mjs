import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import * as market from "../../site/assets/market.js";

const sample = (name) => JSON.parse(readFileSync(new URL(`../fixtures/site/${name}.json`, import.meta.url)));
const movers = sample("movers");
const earlier = sample("status"); // as an earlier release has written it
const status = {
  ...earlier,
  CheckedAt: "2026-11-21T11:10:31Z",
  ReadyAt: "2026-11-24T05:05:00Z",
  Names: { AAPL: "Apple" },
  Holidays: [{ Date: "2026-11-26", Name: "Thanksgiving Day" }],
};
const place = market.EXCHANGES.XNYS;
const saturday = new Date("2026-11-21T16:00:00Z");
const monday = new Date("2026-11-23T16:00:00Z");
const onTime = new Date("2026-11-24T15:05:00Z");
const tooLate = new Date("2026-11-24T15:05:01Z");
const thanksgiving = new Date("2026-11-26T17:00:00Z");
const closed = { ...status, AsOf: "2026-11-25", NextSession: "2026-11-27", StaleAfter: "2026-11-28T15:05:00Z" };

const source = (changes) => ({ ...status, Source: { ...status.Source, ...changes } });
const view = (changes = {}) => ({ origin: "snapshot", online: true, body: movers, status, ...changes });
const said = (shown, now = monday) => market.notices(shown, now, place).map((notice) => notice.slice(1).join(" "));
const tones = (shown, now = monday) => market.notices(shown, now, place).map(([tone]) => tone);

const spelt = {
  XNYS: [
    ["A", "BRK.B", "BRKpA", "A23456789012345"],
    ["", "1A", ".A", "A/B", "A B", "A\n", "A234567890123456", "<b>", "M&M", "20MICRONS"],
  ],
  XNSE: [
    ["M&M", "BAJAJ-AUTO", "20MICRONS", "3MINDIA", "TCS", "A".repeat(20)],
    ["", "&M", "-A", "BRK.B", "tcs", "A/B", "A B", "A\n", "A".repeat(21), "<b>"],
  ],
};

for (const [mic, [tickers, others]] of Object.entries(spelt)) {
  test(`a ticker of ${mic} is told from what is none`, () => {
    const { ticker } = market.EXCHANGES[mic];
    for (const text of tickers) assert.equal(ticker.test(text), true, text);
    for (const text of others) assert.equal(ticker.test(text), false, text);
  });
}

test("data are late only past StaleAfter", () => {
  assert.equal(market.freshness(status, onTime), "current");
  assert.equal(market.freshness(status, tooLate), "late");
});

test("a day without trading is told apart from a late one, and a holiday from a weekend", () => {
  assert.equal(market.freshness(status, saturday), "weekend");
  assert.equal(market.freshness(status, monday), "current");
  assert.equal(market.freshness(closed, thanksgiving), "holiday");
});

test("the exchange's date decides, not UTC's, and the session's own evening is no closed day", () => {
  assert.equal(market.freshness(status, new Date("2026-11-23T03:00:00Z")), "weekend"); // Sunday evening in New York
  assert.equal(market.freshness(status, new Date("2026-11-20T23:00:00Z")), "current");
});

test("freshness is judged by the clock of the market, set back or not", () => {
  const yearsLater = new Date("2028-11-22T16:00:00Z");
  const seconds = (monday - yearsLater) / 1000;
  assert.equal(market.freshness(status, yearsLater), "late");
  assert.equal(market.freshness(source({ ClockOffsetSeconds: seconds }), yearsLater), "current");
});

test("no status and no session are two different things", () => {
  assert.equal(market.freshness(null, monday), "unknown");
  assert.equal(market.freshness({ ...status, AsOf: null, StaleAfter: null, Source: null }, monday), "empty");
});

test("a result is expected with the first run after it can be read, on the exchange's clock", () => {
  assert.equal(market.expected(status, place), "Monday’s close, about 12:10 AM ET Tuesday");
  const summer = { ...status, NextSession: "2026-07-01", ReadyAt: "2026-07-02T04:10:00Z" };
  assert.equal(market.expected(summer, place), "Wednesday’s close, about 12:10 AM ET Thursday");
  const later = { ...summer, ReadyAt: "2026-07-02T04:10:01Z" };
  assert.equal(market.expected(later, place), "Wednesday’s close, about 1:10 AM ET Thursday");
});

test("a status of an earlier release expects the same", () => {
  assert.equal(market.expected(earlier, place), market.expected(status, place));
  assert.deepEqual(said(view({ status: earlier })), said(view()));
  assert.equal(market.holiday(earlier, "2026-11-26"), "");
});

test("data on time say when the next result is due", () => {
  const next = "Monday’s close, about 12:10 AM ET Tuesday.";
  assert.deepEqual(said(view()), [`Up to date. Next result: ${next}`]);
  assert.deepEqual(said(view(), saturday), [`Up to date. Markets are closed for the weekend · next result: ${next}`]);
  assert.deepEqual(tones(view()), ["calm"]);
});

test("a holiday is named where its name is known", () => {
  const day = (shown) => said(view({ status: shown }), thanksgiving)[0].split(" · ")[0];
  assert.equal(day(closed), "Up to date. Markets are closed today (Thanksgiving Day)");
  assert.equal(day({ ...closed, Holidays: [] }), "Up to date. Markets are closed today");
});

test("late data say of which session they lack the result, since when, and which one is shown", () => {
  assert.deepEqual(said(view(), tooLate), ["Delayed. Monday’s result was due Tue, Nov 24; you see Friday’s."]);
  assert.deepEqual(tones(view(), tooLate), ["warn"]);
});

test("made up and replayed data are announced before anything else, and that all is well is not said then", () => {
  const demo = view({ status: source({ Kind: "simulated" }) });
  assert.deepEqual(said(demo), ["Demo data. These prices are made up."]);
  assert.match(said(demo, tooLate)[1], /^Delayed\./);
  const replay = said(view({ status: source({ Kind: "recorded", ClockOffsetSeconds: -86400 }) }));
  assert.equal(replay[0], "Replay of past data, as of Sun, Nov 22, 2026.");
});

test("missing sessions are named in place of the good news, also the one still to come", () => {
  const missing = (...Missing) => said(view({ status: { ...status, Missing } }));
  assert.deepEqual(missing("2026-11-19"), ["One session is missing: Thu, Nov 19. We retry every hour."]);
  const both = "2 sessions are missing: Thu, Nov 19; Wed, Nov 18. We retry every hour.";
  assert.deepEqual(missing("2026-11-19", "2026-11-18"), [both]);
  assert.deepEqual(said(view({ behind: true })), ["One session is missing: Fri, Nov 20. We retry every hour."]);
  assert.match(missing("2026-11-23")[0], /^Up to date/); // the next one is told by its own words
});

test("data both late and with a gap say both", () => {
  const gap = { ...status, Missing: ["2026-11-23", "2026-11-19"] };
  const titles = said(view({ status: gap }), tooLate).map((text) => text.split(/[.:]/)[0]);
  assert.deepEqual(titles, ["One session is missing", "Delayed"]);
});

test("what cannot be read is told in the reader's words, and never called up to date", () => {
  const seenAt = "2026-11-22T09:00:00.000Z";
  const nowhere = { origin: "nowhere", body: null, status: null };
  assert.deepEqual(said(view(nowhere)), ["Can’t load newer data right now. We keep trying."]);
  const copy = "Saved copy from Nov 22, 1:00 AM PT · 4:00 AM ET.";
  assert.deepEqual(said(view({ origin: "memory", seenAt })), [`Can’t load newer data right now. ${copy}`]);
  assert.equal(said(view({ online: false, origin: "memory", seenAt }))[0], `You’re offline. ${copy}`);
  assert.equal(said(view({ ...nowhere, online: false }))[0], "You’re offline. What you see may be old.");
  assert.deepEqual(said(view({ status: null })), [" Can’t tell how current this is."]);
});

test("before the first session nothing is late", () => {
  const empty = { ...status, AsOf: null, NextSession: null, StaleAfter: null, Source: null };
  const first = "No data yet. The first result appears after the first market close.";
  assert.deepEqual(said(view({ body: [], status: empty })), [first]);
});

test("what the API has nothing of is judged like all else: the data are up to date", () => {
  assert.match(said(view({ origin: "missing", body: null }))[0], /^Up to date\./);
});
