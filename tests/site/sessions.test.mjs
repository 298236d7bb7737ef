import assert from "node:assert/strict";
import { test } from "node:test";

import { adjusted, isDate, meant, neighbours, offered, ratioOf, relative, ticker } from "../../site/assets/sessions.js";

const dates = ["2026-11-20", "2026-11-19", "2026-11-17", "2026-11-16"];
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

const session = (Date, price, Volume) => ({ Date, Open: price, High: price, Low: price, Close: price, Volume });

test("a ratio is that of new shares to old ones", () => {
  assert.deepEqual(["20", "3/2", "1/10"].map(ratioOf), [20, 1.5, 0.1]);
});

test("prices of before a split are told in today's shares, those of its day as they are", () => {
  const sessions = [session("2022-06-07", 143, 44), session("2022-06-06", 140, 71), session("2022-06-03", 2800, 15)];
  const found = adjusted(sessions, [{ Date: "2022-06-06", Ratio: "20" }]);
  assert.deepEqual(
    found.map(({ Close, High }) => [Close, High]),
    [
      [143, 143],
      [140, 140],
      [140, 140],
    ],
  );
  assert.deepEqual(
    found.map(({ Volume }) => Volume),
    [44, 71, 300],
  );
  assert.deepEqual(
    found.map(({ Split }) => Split),
    [undefined, "20", undefined],
  );
});

test("several splits add up, and none changes nothing", () => {
  const sessions = ["2022-03-04", "2022-03-03", "2022-03-02", "2022-03-01"].map((date) => session(date, 12, 12));
  const splits = [
    { Date: "2022-03-04", Ratio: "1/4" },
    { Date: "2022-03-02", Ratio: "2" },
  ];
  assert.deepEqual(
    adjusted(sessions, splits).map(({ Close }) => Close),
    [12, 48, 48, 24],
  );
  assert.deepEqual(
    adjusted(sessions, splits).map(({ Volume }) => Volume),
    [12, 3, 3, 6],
  );
  assert.deepEqual(
    adjusted(sessions, undefined).map(({ Close }) => Close),
    [12, 12, 12, 12],
  );
});

test("a volume is compared with that of the sessions before it, if they are enough and any was traded", () => {
  const traded = (...volumes) =>
    relative(
      volumes.map((Volume) => ({ Volume })),
      2,
    );
  assert.deepEqual(traded(30, 10, 20, 0), [2, 1, null, null]);
  assert.deepEqual(traded(30, 0, 0), [null, null, null]);
  assert.deepEqual(traded(), []);
});

test("a ticker may be written small", () => {
  assert.equal(meant("tsla", ["AAPL", "TSLA"]), "TSLA");
  assert.equal(meant("bacpl", ["BACpL"]), "BACpL");
  assert.equal(meant("BACpL", ["BACPL", "BACpL"]), "BACpL");
  assert.equal(meant("ball", []), "BALL");
});

test("a range is offered that shows more than the one before it", () => {
  const ranges = { "1M": 21, "3M": 63, "1Y": 252 };
  assert.deepEqual(
    [7, 21, 22, 64, 252].map((count) => offered(ranges, count).length),
    [1, 1, 2, 3, 3],
  );
});
