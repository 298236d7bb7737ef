import assert from "node:assert/strict";
import { test } from "node:test";

import * as words from "../../site/assets/words.js";

const NEW_YORK = { PT: "America/Los_Angeles", ET: "America/New_York" };
const MUMBAI = { ET: "America/New_York", IST: "Asia/Kolkata" };

test("a percentage has a sign except at zero, a true minus, and two decimals", () => {
  const said = [-6.835443, 2.5, 0, -0.004, 1234.5].map(words.percent);
  assert.deepEqual(said, ["−6.84%", "+2.50%", "0.00%", "0.00%", "+1,234.50%"]);
});

test("a half is rounded away from zero, as written: 1.005 is no half in binary", () => {
  assert.deepEqual([1.005, -1.005, 2.675].map(words.percent), ["+1.01%", "−1.01%", "+2.68%"]);
  assert.equal(words.price(1.005, "USD"), "$1.01");
});

test("no move is a direction of its own", () => {
  assert.deepEqual([0.1, -0.1, 0].map(words.direction), ["up", "down", "flat"]);
  const told = [3.561, -3.561, 0].map((PercentChange) => words.headline({ Ticker: "AMZN", PercentChange }));
  assert.deepEqual(told, ["AMZN ▲ 3.56%", "AMZN ▼ 3.56%", "AMZN ■ 0.00%"]);
});

test("a price has cents, and four digits below one dollar or rupee; a currency without a sign is named", () => {
  const said = [224.1, 1327.2, 0.4271, 1].map((amount) => words.price(amount, "USD"));
  assert.deepEqual(said, ["$224.10", "$1,327.20", "$0.4271", "$1.00"]);
  assert.deepEqual([words.price(123456.05, "INR"), words.price(2, "SEK")], ["₹123,456.05", "SEK2.00"]);
});

test("a near tie keeps its digits, and even the smallest lead is written without an exponent", () => {
  assert.deepEqual([3.665443, 0.004121, 0.000001].map(words.points), ["3.67 pts", "0.004121 pts", "0.000001 pts"]);
});

test("shares are short, and full once they round up to a unit", () => {
  const said = [0, 999, 79_742_113, 999_950, 1_049_999_999].map(words.volume);
  assert.deepEqual(said, ["0", "999", "79.7M", "1M", "1B"]);
});

test("parts, ratios and splits", () => {
  assert.deepEqual([words.share(91, 252), words.share(1, 900), words.share(0, 9)], ["36%", "<1%", "0%"]);
  assert.equal(words.times(1.25), "1.3×");
  assert.deepEqual(["20", "3/2", "1/10"].map(words.split), ["20:1 split", "3:2 split", "1:10 reverse split"]);
  assert.deepEqual(
    [words.count(1, "win"), words.count(1200, "win"), words.count(2, "more", "more")],
    ["1 win", "1,200 wins", "2 more"],
  );
});

test("a trading day is never shifted into a neighbour by the zone of the machine", () => {
  const before = process.env.TZ;
  try {
    for (const zone of ["Pacific/Kiritimati", "America/Los_Angeles", "UTC"]) {
      process.env.TZ = zone;
      assert.equal(words.longDay("2026-11-20"), "Friday, November 20, 2026");
      assert.equal(words.fullDay("2026-11-20"), "Fri, Nov 20, 2026");
      assert.equal(words.shortDay("2026-11-20"), "Fri, Nov 20");
    }
  } finally {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
  }
});

test("a span says its year once", () => {
  assert.equal(words.span("2025-06-05", "2026-05-29"), "Jun 5, 2025 – May 29, 2026");
  assert.equal(words.span("2026-09-11", "2026-09-18"), "Sep 11–18, 2026");
  assert.equal(words.span("2026-09-11", "2026-10-02", { year: false }), "Sep 11 – Oct 2");
  assert.equal(words.span("2026-09-11", "2026-09-11"), "Sep 11, 2026");
});

test("an instant stands on the clocks of the market, whoever reads; a date where it differs", () => {
  const at = (instant, clocks) => words.moment(instant, clocks);
  assert.equal(at("2026-05-30T16:10:00Z", NEW_YORK), "May 30, 9:10 AM PT · 12:10 PM ET");
  assert.equal(at("2026-11-21T05:12:09Z", NEW_YORK), "Nov 20, 9:12 PM PT · Nov 21, 12:12 AM ET");
  assert.equal(at("2026-07-01T05:12:09Z", MUMBAI), "Jul 1, 1:12 AM ET · 10:42 AM IST");
});

const bars = [{ Ticker: "TSLA", Volume: 79_742_113 }];
const session = { Ticker: "TSLA", PercentChange: -6.8, Margin: 2.714, RunnerUp: "NVDA", Bars: bars };

test("what is worth a word of a session: the biggest move stands out", () => {
  const Facts = [
    { Kind: "Tie", Tickers: ["NVDA", "AAPL"] },
    { Kind: "Biggest", Sessions: 252 },
    { Kind: "Streak", Wins: 3 },
    { Kind: "FirstWinSince", Date: "2026-05-29" },
    { Kind: "CloseRace" },
    { Kind: "LeftOut", Tickers: ["MSFT"] },
  ];
  assert.deepEqual(words.facts({ ...session, Facts }), [
    ["", "Tied with NVDA and AAPL; TSLA is listed first"],
    ["best", "Biggest in a year"],
    ["", "3 wins in a row"],
    ["", "First win since Fri, May 29, 2026"],
    ["", "Close race"],
    ["", "MSFT left out"],
    ["", "2.71 pts ahead of NVDA"],
    ["", "Volume 79.7M"],
  ]);
});

test("a kind of fact that a later release may have is passed over, as are no facts at all", () => {
  const alone = { ...session, Margin: 0, Bars: [{ Ticker: "TSLA", Volume: 0 }] };
  assert.deepEqual(words.facts({ ...alone, Facts: [{ Kind: "Moonrise" }] }), []);
  assert.deepEqual(words.facts({ ...alone, Facts: [{ Kind: "Unmoved" }] }), [["", "Nothing moved"]]);
  assert.deepEqual(words.facts(alone), []);
});

test("of many tickers the first are named", () => {
  const of = (count) => words.listed(["A", "B", "C", "D", "E"].slice(0, count));
  assert.deepEqual([1, 2, 4, 5].map(of), ["A", "A and B", "A, B, C and D", "A, B, C and 2 more"]);
});
