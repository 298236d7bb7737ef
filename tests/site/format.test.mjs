import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import * as format from "../../site/assets/format.js";

const sample = (name) => JSON.parse(readFileSync(new URL(`../fixtures/site/${name}.json`, import.meta.url)));
const movers = sample("movers");
const status = sample("status");
const place = { locale: "en-US", exchangeZone: "America/New_York", readerZone: "Europe/Berlin" };
const saturday = new Date("2026-11-21T16:00:00Z");
const monday = new Date("2026-11-23T16:00:00Z");
const onTime = new Date("2026-11-24T15:05:00Z");
const tooLate = new Date("2026-11-24T15:05:01Z");

const source = (changes) => ({ ...status, Source: { ...status.Source, ...changes } });
const plain = (text) => text.replaceAll(/\s/g, " ");
const view = (changes = {}) => ({ origin: "snapshot", movers, status, seenAt: null, ...changes });
const titles = (shown, now = monday) => format.notices(shown, now, place).map(({ title }) => title);

test("a language that is none falls back to English", () => {
  for (const language of ["C", "", undefined, null, "en_US.UTF-8"]) {
    assert.equal(format.usableLocale(language), "en");
  }
  assert.equal(format.usableLocale("de-at"), "de-AT");
});

test("a percentage has a sign except at zero, a true minus, and two decimals", () => {
  assert.equal(format.percent(-6.835443, "en-US"), "−6.84%");
  assert.equal(format.percent(2.5, "en-US"), "+2.50%");
  assert.equal(format.percent(0, "en-US"), "0.00%");
  assert.equal(plain(format.percent(-6.835443, "de-DE")), "−6,84 %");
});

test("each direction has its own arrow", () => {
  const arrows = [0.1, -0.1, 0].map((change) => format.ARROWS[format.direction(change)]);
  assert.deepEqual(arrows, ["▲", "▼", "■"]);
});

test("a price keeps the digits the exchange quoted", () => {
  assert.equal(format.price(224.1, "en-US"), "$224.10");
  assert.equal(format.price(0.4271, "en-US"), "$0.4271");
  assert.equal(format.price(1327.2, "en-US"), "$1,327.20");
});

test("a trading day is never shifted into a neighbour by the zone of the machine", () => {
  const before = process.env.TZ;
  try {
    for (const zone of ["Pacific/Kiritimati", "America/Los_Angeles", "UTC"]) {
      process.env.TZ = zone;
      assert.equal(format.day("2026-11-20", "en-US"), "Fri, Nov 20, 2026");
      assert.equal(format.shortDay("2026-11-20", "en-US"), "Fri, Nov 20");
    }
  } finally {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
  }
});

test("an instant stands in exchange time and in the reader's", () => {
  const at = (instant, readerZone) => plain(format.moment(instant, { ...place, readerZone }));
  assert.equal(at("2026-11-21T05:12:09Z", "Europe/Berlin"), "Nov 21, 12:12 AM EST (6:12 AM your time)");
  assert.equal(at("2026-07-01T05:12:09Z", "Europe/Berlin"), "Jul 1, 1:12 AM EDT (7:12 AM your time)");
});

test("the reader's date is named where it differs from the exchange's", () => {
  const there = { ...place, readerZone: "Asia/Tokyo" };
  const text = plain(format.moment("2026-11-20T22:05:00Z", there));
  assert.equal(text, "Nov 20, 5:05 PM EST (Nov 21, 7:05 AM your time)");
});

test("a reader on the exchange's clock reads it once", () => {
  const there = { ...place, readerZone: "America/Toronto" };
  assert.equal(plain(format.moment("2026-11-20T22:05:00Z", there)), "Nov 20, 5:05 PM EST");
});

test("data are late only past StaleAfter", () => {
  assert.equal(format.freshness(status, onTime), "current");
  assert.equal(format.freshness(status, tooLate), "late");
});

test("a day without trading is told apart from a late one", () => {
  assert.equal(format.freshness(status, saturday), "closed");
  assert.equal(format.freshness(status, monday), "current");
});

test("the session's own evening is not a closed day", () => {
  assert.equal(format.freshness(status, new Date("2026-11-20T23:00:00Z")), "current");
});

test("the exchange's date decides, not UTC's", () => {
  const sundayEveningInNewYork = new Date("2026-11-23T03:00:00Z");
  assert.equal(format.freshness(status, sundayEveningInNewYork), "closed");
});

test("freshness is judged by the clock of the market, set back or not", () => {
  const yearsLater = new Date("2028-11-22T16:00:00Z");
  const seconds = (monday - yearsLater) / 1000;
  assert.equal(format.freshness(status, yearsLater), "late");
  assert.equal(format.freshness(source({ ClockOffsetSeconds: seconds }), yearsLater), "current");
});

test("no status and no session are two different things", () => {
  assert.equal(format.freshness(null, monday), "unknown");
  assert.equal(format.freshness({ ...status, AsOf: null, StaleAfter: null, Source: null }, monday), "empty");
});

test("movers that end before AsOf, or not begin, are behind", () => {
  assert.equal(format.isBehind(movers, status), false);
  assert.equal(format.isBehind(movers.slice(1), status), true);
  assert.equal(format.isBehind([], status), true);
  assert.equal(format.isBehind([], { ...status, AsOf: null }), false);
  assert.equal(format.isBehind(movers, null), false);
});

test("live data on time say when the next are due", () => {
  const [notice, ...others] = format.notices(view(), monday, place);
  assert.deepEqual(others, []);
  assert.equal(notice.tone, "calm");
  assert.equal(notice.title, "Up to date");
  const due = "Next session Mon, Nov 23, due by Nov 24, 10:05 AM EST (4:05 PM your time).";
  assert.equal(plain(notice.text), due);
});

test("invented and replayed data are announced before anything else about them", () => {
  assert.deepEqual(titles(view({ status: source({ Kind: "simulated" }) })), ["Simulated data", "Up to date"]);
  assert.deepEqual(titles(view({ status: source({ Kind: "recorded" }) })), ["Recorded data", "Up to date"]);
});

test("a replay names the day its clock stands at", () => {
  const replay = source({ Kind: "recorded", ClockOffsetSeconds: -86400 });
  const [notice] = format.notices(view({ status: replay }), monday, place);
  assert.equal(notice.text, "A replay: its clock stands at Sun, Nov 22, 2026.");
});

test("every state has its own words", () => {
  assert.deepEqual(titles(view(), tooLate), ["Late"]);
  assert.deepEqual(titles(view(), saturday), ["Market closed today"]);
  assert.deepEqual(titles(view({ status: null })), ["Freshness unknown"]);
  assert.deepEqual(titles(view({ movers: [], status: { ...status, AsOf: null } })), ["No session yet"]);
  assert.deepEqual(titles(view({ origin: "api" })), ["Served by the API", "Up to date"]);
  assert.deepEqual(titles(view({ movers: movers.slice(1) })), ["Behind", "Up to date"]);
  assert.deepEqual(titles(view({ status: { ...status, Missing: ["2026-11-19"] } })), [
    "Incomplete",
    "Up to date",
  ]);
  assert.deepEqual(titles(view({ origin: "nowhere", movers: [] })), ["No data"]);
});

test("what was last seen is dated", () => {
  const seen = view({ origin: "memory", seenAt: "2026-11-22T09:00:00.000Z" });
  const [notice] = format.notices(seen, monday, place);
  assert.equal(notice.title, "Last seen");
  assert.match(plain(notice.text), /Nov 22, 4:00 AM EST \(10:00 AM your time\)/);
});

test("the winner is told in words, with what it is measured from", () => {
  const told = (PercentChange) => format.story({ PercentChange, ClosingPrice: 312.45 }, "en-US");
  assert.match(told(-6.835443), /closed at \$312\.45, 6\.84% below its open/);
  assert.match(told(1.2), /1\.20% above its open/);
  assert.match(told(0), /closed at \$312\.45, where it opened/);
});

test("a long watchlist is cut and says by how much", () => {
  assert.equal(plain(format.listed(status.Watchlist)), "AAPL · MSFT · GOOGL · AMZN · TSLA · NVDA");
  assert.equal(plain(format.listed(status.Watchlist, 2)), "AAPL · MSFT and 4 more");
});
