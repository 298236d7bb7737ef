import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import {
  agreement,
  BY_PREVIOUS_CLOSE,
  biggest,
  days,
  lanesOf,
  layout,
  monthsOf,
  RANGES,
  streak,
  weeksAway,
  wins,
  within,
} from "../../site/assets/past.js";
import { initial, month, share, span } from "../../site/assets/words.js";

const movers = JSON.parse(readFileSync(new URL("../fixtures/site/movers.json", import.meta.url)));
const dates = movers.map(({ Date }) => Date).toReversed();
const year = Array.from({ length: 350 }, (_, i) => new Date(Date.UTC(2026, 0, 1 + i)).toISOString().slice(0, 10));
const weekdays = year.filter((date) => new Date(date).getUTCDay() % 6);
const mover = (Date, Ticker, PercentChange) => ({ Date, Ticker, PercentChange, ClosingPrice: 1 });
const won = (...tickers) => tickers.map((ticker, i) => mover(`2026-11-${20 - i}`, ticker, 1));
const datesOf = (list) => list.map(({ Date }) => Date);
const places = ({ at }, days) => days.map((date) => [at(date).x, at(date).y]);

test("a range is counted back from the newest session, by the calendar", () => {
  const list = ["2026-05-31", "2026-05-01", "2026-04-30", "2026-02-28", "2025-05-31"].map((date) =>
    mover(date, "A", 1),
  );
  assert.deepEqual(datesOf(within(list, 1)), ["2026-05-31", "2026-05-01"]); // April has 30 days
  assert.deepEqual(datesOf(within(list, 3)), ["2026-05-31", "2026-05-01", "2026-04-30"]); // February has 28
  assert.deepEqual(datesOf(within(list, 12)), datesOf(list.slice(0, 4)));
  assert.deepEqual(within(list, undefined), list);
  assert.deepEqual(within([], 1), []);
  assert.equal(RANGES.get("__proto__"), undefined);
});

test("of equal moves the newest is the biggest", () => {
  const [down, up] = [mover("2026-11-20", "A", -3), mover("2026-11-19", "B", 3)];
  assert.equal(biggest([down, up, mover("2026-11-18", "C", 1)]), down);
});

test("a ticker's wins are counted, also by direction, with the biggest and the last; most wins come first", () => {
  const all = wins(movers);
  assert.deepEqual(
    all.map(({ Ticker, Wins, Up, Down, Last }) => [Ticker, Wins, Up, Down, Last]),
    [
      ["TSLA", 3, 2, 1, "2026-11-20"],
      ["NVDA", 1, 1, 0, "2026-11-19"],
      ["AMZN", 1, 0, 1, "2026-11-18"],
      ["GOOGL", 1, 1, 0, "2026-11-16"],
      ["MSFT", 1, 0, 1, "2026-11-12"],
    ],
  );
  assert.equal(all[0].best.Date, "2026-11-13");
  assert.equal(all[4].Biggest, 3.019127);
  assert.deepEqual(wins([mover("2026-11-20", "__proto__", 0)])[0].Wins, 1);
  assert.equal(wins(won("A", "B", "B"))[0].Ticker, "B");
});

test("the longest streak is the latest of equally long ones, and ends where a session is missing", () => {
  assert.deepEqual(datesOf(streak(won("A", "B", "B", "C", "C"))), ["2026-11-19", "2026-11-18"]);
  assert.deepEqual(datesOf(streak(won("A", "A", "B", "B", "B"))), ["2026-11-18", "2026-11-17", "2026-11-16"]);
  const broken = [mover("2026-11-20", "A", 1), mover("2026-11-18", "A", 1), mover("2026-11-17", "A", 1)];
  assert.equal(streak(broken).length, 3);
  assert.deepEqual(datesOf(streak(broken, ["2026-11-19"])), ["2026-11-18", "2026-11-17"]);
});

test("the two measures agree on sessions where both are known", () => {
  const [a, b, c] = won("A", "B", "C");
  const others = new Map([a, { ...b, Ticker: "C" }].map((each) => [each.Date, each]));
  assert.deepEqual(agreement([a, b, c], others), { same: 1, known: 2 });
  assert.deepEqual(agreement([a], new Map()), { same: 0, known: 0 });
});

test("the winners by previous close are a list, newest first", () => {
  const [a, b] = won("A", "B").map(({ Date, Ticker, PercentChange }) => ({ Date, Ticker, PercentChange }));
  assert.ok(BY_PREVIOUS_CLOSE.fits([a, b]));
  for (const wrong of [[b, a], [{ ...a, PercentChange: "1" }], [{ ...a, Ticker: null }], {}, null])
    assert.ok(!BY_PREVIOUS_CLOSE.fits(wrong));
});

test("the first twelve tickers have a lane each, and one is left for all others", () => {
  const won = (count) => Array.from({ length: count }, (_, i) => ({ Ticker: `T${i}`, Wins: 20 - i }));
  assert.deepEqual(lanesOf(won(1)), [{ name: "T0", tickers: ["T0"], wins: 20 }]);
  assert.equal(lanesOf(won(13)).at(-1).name, "T12"); // alone it is not "others"
  const lanes = lanesOf(won(14));
  assert.equal(lanes.length, 13);
  assert.deepEqual(lanes.at(-1), { name: "others", tickers: ["T12", "T13"], wins: 15 });
});

test("between sessions a weekday is missing, if that is known, or the market was closed; weekends are left out", () => {
  const list = ["2026-11-24", "2026-11-22", "2026-11-18"].map((date) => mover(date, "A", 1)); // the 22nd is a Sunday
  const found = days(list, ["2026-11-19", "2026-11-25", "2026-11-02"]);
  assert.deepEqual(
    found.map(({ date, kind }) => `${date.slice(8)} ${kind}`),
    ["18 session", "19 missing", "20 closed", "22 session", "23 closed", "24 session", "25 missing"],
  );
});

test("names of months stand at what begins one, and never run into each other nor over the edge", () => {
  for (const width of [220, 288, 500, 1000]) {
    const step = width / weekdays.length;
    const named = monthsOf(weekdays, step).filter((each) => each.named);
    assert.ok(named.length > 1);
    const room = ({ i }, j) => ((named[j + 1]?.i ?? weekdays.length) - i) * step;
    assert.ok(
      named.every((each, j) => room(each, j) >= 35),
      `${width}`,
    );
    for (const { i, date } of named.slice(1)) assert.notEqual(weekdays[i - 1].slice(0, 7), date.slice(0, 7));
  }
  assert.deepEqual(
    monthsOf(weekdays, 1000 / weekdays.length)
      .filter(({ year }) => year)
      .map(({ date }) => date),
    ["2026-01-01"],
  );
  assert.deepEqual(
    monthsOf(dates, 50).map(({ i, named, line }) => [i, named, line]),
    [[0, true, false]],
  );
});

test("a week is a column, from Monday at the top to Friday", () => {
  const drawn = layout(["2026-11-16", "2026-11-20", "2026-11-23"], 1000);
  const [monday, friday, next] = places(drawn, ["2026-11-16", "2026-11-20", "2026-11-23"]);
  assert.deepEqual(friday, [monday[0], monday[1] + 4 * drawn.size]);
  assert.deepEqual(next, [monday[0] + drawn.size, monday[1]]);
  assert.equal(drawn.initials.length, 5);
});

test("a session on a weekend has its row", () => {
  const { initials, at, height, size } = layout(["2026-11-16", "2026-11-21", "2026-11-23"], 1000);
  assert.equal(initials.length, 7);
  assert.ok(at("2026-11-21").y + size <= height);
});

test("weeks that do not fit side by side go on below, and every cell stays inside and large enough for a finger", () => {
  for (const width of [288, 700, 1008]) {
    const { at, size, height } = layout(weekdays, width);
    const corners = weekdays.map(at);
    assert.ok(size >= 24, `${size} at ${width}`);
    assert.ok(corners.every(({ x, y }) => x >= 18 && x + size <= width + 1e-6 && y >= 20 && y + size <= height + 1e-6));
    assert.equal(new Set(corners.map(({ x, y }) => `${x} ${y}`)).size, weekdays.length);
  }
});

test("few sessions do not grow into a poster", () => {
  assert.equal(layout(dates, 1008).size, 32);
});

test("a month is named above the week that begins it, with the year where that is news", () => {
  const { months, at } = layout(weekdays, 2000);
  assert.equal(months.length, 12);
  assert.deepEqual(
    months.filter(({ year }) => year).map(({ date }) => date.slice(0, 7)),
    ["2026-01"],
  );
  assert.equal(months[2].x, at("2026-03-02").x); // March 1 is a Sunday
});

test("a calendar's names of months never run into each other nor over the edge", () => {
  for (const width of [288, 500, 1008]) {
    const { months } = layout(weekdays, width);
    assert.ok(months.every(({ x }) => x + 72 <= width));
    for (const [i, { x, y }] of months.slice(1).entries()) assert.ok(months[i].y !== y || x >= months[i].x + 72);
  }
});

test("a week away lies the same weekday or, where it has no record, the next beyond", () => {
  const days = ["2026-11-12", "2026-11-13", "2026-11-16", "2026-11-17", "2026-11-19", "2026-11-20"];
  const away = (date, weeks) => days[weeksAway(days, days.indexOf(date), weeks)];
  assert.equal(away("2026-11-20", -1), "2026-11-13");
  assert.equal(away("2026-11-12", 1), "2026-11-19");
  assert.equal(away("2026-11-17", 1), "2026-11-20"); // beyond the newest: the newest
  assert.equal(away("2026-11-13", -1), undefined); // before the oldest: the chart takes it for the oldest
  assert.equal(weeksAway(["2026-11-09", "2026-11-16", "2026-11-18"], 1, 1), 2);
  assert.equal(weeksAway(["2026-11-10", "2026-11-12", "2026-11-18"], 2, -1), 0);
});

test("a span of days says no more than it must", () => {
  assert.equal(span("2025-06-05", "2026-05-29"), "Jun 5, 2025 – May 29, 2026");
  assert.equal(span("2026-04-30", "2026-05-29"), "Apr 30 – May 29, 2026");
  assert.equal(span("2026-09-11", "2026-09-18"), "Sep 11–18, 2026");
  assert.equal(span("2026-09-11", "2026-09-18", { year: false }), "Sep 11–18");
  assert.equal(span("2025-12-30", "2026-01-02", { year: false }), "Dec 30, 2025 – Jan 2, 2026");
  assert.equal(span("2026-11-23", "2026-11-23"), "Nov 23, 2026");
});

test("months, weekdays and shares have their short forms", () => {
  assert.deepEqual([month("2026-01-05"), month("2026-01-05", true), initial("2026-01-05")], ["Jan", "Jan 2026", "M"]);
  assert.deepEqual([share(89, 247), share(1, 600), share(0, 5), share(5, 5)], ["36%", "<1%", "0%", "100%"]);
});
