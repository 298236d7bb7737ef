import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import * as market from "../../site/assets/market.js";

const sample = (name) => JSON.parse(readFileSync(new URL(`../fixtures/site/${name}.json`, import.meta.url)));
const movers = sample("movers");
const status = sample("status");
const place = { locale: "en-US", Currency: "USD", TimeZone: "America/New_York", readerZone: "Europe/Berlin" };
const saturday = new Date("2026-11-21T16:00:00Z");
const monday = new Date("2026-11-23T16:00:00Z");
const onTime = new Date("2026-11-24T15:05:00Z");
const tooLate = new Date("2026-11-24T15:05:01Z");

const source = (changes) => ({ ...status, Source: { ...status.Source, ...changes } });
const plain = (text) => text.replaceAll(/\s/g, " ");
const view = (changes = {}) => ({ origin: "snapshot", online: true, body: movers, status, ...changes });
const titles = (shown, now = monday) => market.notices(shown, now, place).map(([, title]) => title);

test("a language that is none falls back to English", () => {
  for (const language of ["C", "", undefined, null, "en_US.UTF-8"]) {
    assert.equal(market.usableLocale(language), "en");
  }
  assert.equal(market.usableLocale("de-at"), "de-AT");
});

test("a percentage has a sign except at zero, a true minus, and two decimals", () => {
  assert.equal(market.percent(-6.835443, "en-US"), "−6.84%");
  assert.equal(market.percent(2.5, "en-US"), "+2.50%");
  assert.equal(market.percent(0, "en-US"), "0.00%");
  assert.equal(plain(market.percent(-6.835443, "de-DE")), "−6,84 %");
});

test("no move is a direction of its own", () => {
  assert.deepEqual([0.1, -0.1, 0].map(market.direction), ["up", "down", "flat"]);
});

test("a price keeps the digits the exchange quoted", () => {
  assert.equal(market.price(224.1, place), "$224.10");
  assert.equal(market.price(0.4271, place), "$0.4271");
  assert.equal(market.price(1327.2, place), "$1,327.20");
});

test("a price is in the exchange's currency and the reader's language", () => {
  const inMumbai = market.EXCHANGES.XNSE;
  assert.equal(market.price(123456.05, { locale: "en-US", ...inMumbai }), "₹123,456.05");
  assert.equal(market.price(123456.05, { locale: "en-IN", ...inMumbai }), "₹1,23,456.05");
});

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
    const { ticker, spelling } = market.EXCHANGES[mic];
    for (const text of tickers) assert.equal(ticker.test(text), true, text);
    for (const text of others) assert.equal(ticker.test(text), false, text);
    assert.match(spelling, /letters, digits/);
  });
}

test("a trading day is never shifted into a neighbour by the zone of the machine", () => {
  const before = process.env.TZ;
  try {
    for (const zone of ["Pacific/Kiritimati", "America/Los_Angeles", "UTC"]) {
      process.env.TZ = zone;
      assert.equal(market.day("2026-11-20", "en-US"), "Fri, Nov 20, 2026");
      assert.equal(market.shortDay("2026-11-20", "en-US"), "Fri, Nov 20");
    }
  } finally {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
  }
});

test("an instant stands in exchange time and in the reader's", () => {
  const at = (instant, readerZone) => plain(market.moment(instant, { ...place, readerZone }));
  assert.equal(at("2026-11-21T05:12:09Z", "Europe/Berlin"), "Nov 21, 12:12 AM EST (6:12 AM your time)");
  assert.equal(at("2026-07-01T05:12:09Z", "Europe/Berlin"), "Jul 1, 1:12 AM EDT (7:12 AM your time)");
});

test("the reader's date is named where it differs from the exchange's", () => {
  const there = { ...place, readerZone: "Asia/Tokyo" };
  const text = plain(market.moment("2026-11-20T22:05:00Z", there));
  assert.equal(text, "Nov 20, 5:05 PM EST (Nov 21, 7:05 AM your time)");
});

test("a reader on the exchange's clock reads it once", () => {
  const there = { ...place, readerZone: "America/Toronto" };
  assert.equal(plain(market.moment("2026-11-20T22:05:00Z", there)), "Nov 20, 5:05 PM EST");
});

test("data are late only past StaleAfter", () => {
  assert.equal(market.freshness(status, onTime), "current");
  assert.equal(market.freshness(status, tooLate), "late");
});

test("a day without trading is told apart from a late one", () => {
  assert.equal(market.freshness(status, saturday), "weekend");
  assert.equal(market.freshness(status, monday), "current");
});

test("the session's own evening is not a closed day", () => {
  assert.equal(market.freshness(status, new Date("2026-11-20T23:00:00Z")), "current");
});

test("the exchange's date decides, not UTC's", () => {
  const sundayEveningInNewYork = new Date("2026-11-23T03:00:00Z");
  assert.equal(market.freshness(status, sundayEveningInNewYork), "weekend");
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

test("live data on time say when the next are due", () => {
  const [notice, ...others] = market.notices(view(), monday, place);
  assert.deepEqual(others, []);
  assert.deepEqual(notice.slice(0, 2), ["calm", "Up to date"]);
  const due = "Next session Mon, Nov 23, due by Nov 24, 10:05 AM EST (4:05 PM your time).";
  assert.equal(plain(notice[2]), due);
});

test("invented and replayed data are announced before anything else about them", () => {
  assert.deepEqual(titles(view({ status: source({ Kind: "simulated" }) })), ["Simulated data", "Up to date"]);
  assert.deepEqual(titles(view({ status: source({ Kind: "recorded" }) })), ["Recorded data", "Up to date"]);
});

test("a replay names the day its clock stands at", () => {
  const replay = source({ Kind: "recorded", ClockOffsetSeconds: -86400 });
  const [notice] = market.notices(view({ status: replay }), monday, place);
  assert.equal(notice[2], "Its clock stands at Sun, Nov 22, 2026.");
});

test("every state has its own words", () => {
  assert.deepEqual(titles(view(), tooLate), ["Late"]);
  assert.deepEqual(titles(view(), saturday), ["Weekend, market closed"]);
  assert.deepEqual(titles(view({ status: null })), ["Freshness unknown"]);
  assert.deepEqual(titles(view({ body: [], status: { ...status, AsOf: null, StaleAfter: null } })), ["No session yet"]);
  assert.deepEqual(titles(view({ origin: "api" })), ["Served by the API", "Up to date"]);
  assert.deepEqual(titles(view({ behind: true })), ["Incomplete", "Up to date"]);
  assert.deepEqual(titles(view({ status: { ...status, Missing: ["2026-11-19"] } })), ["Incomplete", "Up to date"]);
  assert.deepEqual(titles(view({ origin: "nowhere", body: null })), ["No data"]);
  assert.deepEqual(titles(view({ origin: "missing", body: null })), ["Up to date"]);
  assert.deepEqual(titles(view({ online: false, seenAt: "2026-11-22T09:00:00Z" })), ["Offline", "Up to date"]);
  assert.deepEqual(titles(view({ online: false, origin: "nowhere", body: null })), ["Offline"]);
});

test("what was last seen is dated", () => {
  const seen = view({ origin: "memory", seenAt: "2026-11-22T09:00:00.000Z" });
  const [notice] = market.notices(seen, monday, place);
  assert.equal(notice[1], "Last seen");
  assert.match(plain(notice[2]), /Nov 22, 4:00 AM EST \(10:00 AM your time\)/);
});

test("a holiday is told apart from a weekend", () => {
  const thanksgiving = new Date("2026-11-26T17:00:00Z");
  const around = { AsOf: "2026-11-25", NextSession: "2026-11-27", StaleAfter: "2026-11-28T15:05:00Z" };
  assert.equal(market.freshness({ ...status, ...around }, thanksgiving), "holiday");
});

test("a near tie keeps enough digits to be none", () => {
  assert.equal(market.points(3.665443, "en-US"), "3.67 points");
  assert.equal(market.points(0.004121, "en-US"), "0.00412 points");
  assert.equal(market.points(0, "en-US"), "0 points");
});

test("without a zone of its own an instant is told in the reader's alone", () => {
  const there = { locale: "en-US", readerZone: "Asia/Kolkata", TimeZone: "Asia/Kolkata" };
  assert.equal(plain(market.moment("2026-11-20T22:05:00Z", there)), "Nov 21, 3:35 AM GMT+5:30");
});
