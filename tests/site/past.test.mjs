import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { biggest, layout, quartiles, step, weeksAway, wins } from "../../site/assets/past.js";

const movers = JSON.parse(readFileSync(new URL("../fixtures/site/movers.json", import.meta.url)));
const dates = movers.map(({ Date }) => Date).toReversed();
const year = Array.from({ length: 350 }, (_, i) => new Date(Date.UTC(2026, 0, 1 + i)).toISOString().slice(0, 10));
const weekdays = year.filter((date) => new Date(date).getUTCDay() % 6);
const mover = (Date, Ticker, PercentChange) => ({ Date, Ticker, PercentChange, ClosingPrice: 1 });
const places = ({ at }, days) => days.map((date) => [at(date).x, at(date).y]);

test("a week is a column, from Monday at the top to Friday", () => {
  const drawn = layout(["2026-11-16", "2026-11-20", "2026-11-23"], 1000);
  const [monday, friday, next] = places(drawn, ["2026-11-16", "2026-11-20", "2026-11-23"]);
  assert.deepEqual(friday, [monday[0], monday[1] + 4 * drawn.size]);
  assert.deepEqual(next, [monday[0] + drawn.size, monday[1]]);
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

test("a weekday between the first and the last that has no record is a gap", () => {
  const { gaps } = layout(dates.toSpliced(2, 1), 1000);
  assert.deepEqual(
    gaps.map(({ date }) => date),
    [dates[2]],
  );
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

test("names of months never run into each other nor over the edge", () => {
  for (const width of [288, 500, 1008]) {
    const { months } = layout(weekdays, width);
    assert.ok(months.every(({ x }) => x + 72 <= width));
    for (const [i, { x, y }] of months.slice(1).entries()) assert.ok(months[i].y !== y || x >= months[i].x + 72);
  }
});

test("no width at all breaks nothing", () => {
  assert.ok(layout(dates, 0).size > 3);
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

test("steps part the moves into four groups, whatever their sign", () => {
  const moves = [1, -2, 3, -4, 5, -6, 7, -8];
  const parts = quartiles(moves);
  assert.deepEqual(
    moves.map((move) => step(move, parts)),
    [0, 0, 1, 1, 2, 2, 3, 3],
  );
  assert.deepEqual(quartiles([2.5]), [2.5, 2.5, 2.5]);
});

test("of equal moves the newest is the biggest", () => {
  const [down, up] = [mover("2026-11-20", "A", -3), mover("2026-11-19", "B", 3)];
  assert.equal(biggest([down, up, mover("2026-11-18", "C", 1)]), down);
});

test("a ticker's wins are counted, also by direction, with the biggest and the last", () => {
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
});
