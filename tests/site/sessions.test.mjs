import assert from "node:assert/strict";
import { test } from "node:test";

import { absence, figures, isDate, neighbours, ticker, words } from "../../site/assets/sessions.js";

const dates = ["2026-11-20", "2026-11-19", "2026-11-17", "2026-11-16"];
const status = { Missing: ["2026-11-18"] };
const bar = {
  Open: 0.4271,
  High: 1327.2,
  Low: 0.4,
  Close: 224.1,
  Volume: 42159083.917693,
  PercentChange: -6.835443,
};

test("a date is one of the calendar, in its one form", () => {
  for (const text of ["2026-11-20", "2024-02-29", "0001-01-01"]) assert.equal(isDate(text), true, text);
  for (const text of ["2026-02-30", "2025-02-29", "2026-13-01", "2026-00-10", "2026-1-2", "20261120"]) {
    assert.equal(isDate(text), false, text);
  }
  for (const text of ["2026-11-20T00:00Z", " 2026-11-20", "2026-11-20\n", "today", ""]) {
    assert.equal(isDate(text), false, text);
  }
});

test("any exchange's ticker stands in a path as one part of it", () => {
  const paths = ["BRK.B", "M&M", "BAJAJ-AUTO", "20MICRONS"].map((symbol) => ticker(symbol).path);
  assert.deepEqual(paths, ["/tickers/BRK.B", "/tickers/M%26M", "/tickers/BAJAJ-AUTO", "/tickers/20MICRONS"]);
  assert.equal(ticker("M&M").fits({ Ticker: "M&M", Sessions: [] }), true);
});

test("the neighbours of a date need not be a day away, and it need not be a session itself", () => {
  assert.deepEqual(neighbours(dates, "2026-11-19"), { previous: "2026-11-17", next: "2026-11-20" });
  assert.deepEqual(neighbours(dates, "2026-11-18"), { previous: "2026-11-17", next: "2026-11-19" });
});

test("the first and the last date have one neighbour, and among none there is none", () => {
  assert.deepEqual(neighbours(dates, "2026-11-20"), { previous: "2026-11-19", next: undefined });
  assert.deepEqual(neighbours(dates, "2026-11-16"), { previous: undefined, next: "2026-11-17" });
  assert.deepEqual(neighbours([], "2026-11-16"), { previous: undefined, next: undefined });
});

test("why nothing is stored for a date is told as far as it can be known", () => {
  const why = (date, stored = dates, known = status) => absence(date, stored, known, "2026-11-24", "en-US");
  assert.match(why("2026-11-21"), /weekend/);
  assert.match(why("2026-11-28"), /weekend/);
  assert.match(why("2026-11-18"), /missing/);
  assert.match(why("2026-11-25"), /still to come/);
  assert.match(why("2026-11-23"), /not recorded yet, or the exchange is closed/);
  assert.match(why("2026-11-13"), /begins on Mon, Nov 16, 2026/);
  assert.match(why("2026-11-18", dates, null), /closed, or the day was not recorded/);
  assert.match(why("2026-11-18", [], null), /closed, or the day was not recorded/);
});

test("a time that is unknown makes no date one to come", () => {
  assert.match(absence("2026-11-25", dates, null, null, "en-US"), /not recorded yet/);
});

test("a bar is told with every price, as the exchange quoted it, and with whole shares", () => {
  const place = { locale: "en-US", Currency: "USD" };
  assert.deepEqual(figures(bar, place), ["$0.4271", "$1,327.20", "$0.40", "$224.10", "42,159,084"]);
  assert.equal(words(bar, place), "open $0.4271, high $1,327.20, low $0.40, close $224.10, −6.84%");
});
