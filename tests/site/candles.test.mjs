import assert from "node:assert/strict";
import { test } from "node:test";

import { labelled, scale, ticks } from "../../site/assets/candles.js";

test("an axis is cut at round values within its ends", () => {
  assert.deepEqual(ticks(420.24, 505.78, 6), [440, 460, 480, 500]);
  assert.deepEqual(ticks(0.93, 1.31, 6), [1, 1.1, 1.2, 1.3]);
  assert.deepEqual(ticks(999, 1590, 6), [1000, 1100, 1200, 1300, 1400, 1500]);
});

test("the values of an axis carry no noise of floating point", () => {
  assert.equal(ticks(0.08, 0.67, 6).join(), "0.1,0.2,0.3,0.4,0.5,0.6");
  assert.equal(ticks(0.00008, 0.00067, 6).join(), "0.0001,0.0002,0.0003,0.0004,0.0005,0.0006");
});

test("whatever is shown, an axis has some values and not many", () => {
  for (let low = 0.0003; low < 1e6; low *= 1.7) {
    for (let spread = low / 1000; spread < low * 10; spread *= 1.3) {
      const { length } = ticks(low, low + spread, 6);
      assert.ok(length >= 2 && length <= 7, `${length} from ${low} to ${low + spread}`);
    }
  }
});

test("the latest candle is labelled, and as many before it as have room", () => {
  assert.deepEqual(labelled(7, 60, 56), [0, 1, 2, 3, 4, 5, 6]);
  assert.deepEqual(labelled(7, 30, 56), [2, 4, 6]);
  assert.deepEqual(labelled(30, 7.5, 56), [5, 13, 21, 29]);
});

test("where nothing fits, as in a hidden figure, nothing is labelled", () => {
  assert.deepEqual(labelled(30, 0, 56), []);
});

const bar = (open, close, low = Math.min(open, close) - 1, high = Math.max(open, close) + 1) => ({
  open,
  high,
  low,
  close,
});
const calm = [bar(100, 102), bar(102, 101), bar(101, 104), bar(104, 103), bar(103, 105)];

test("a chart reaches from the lowest to the highest price", () => {
  assert.deepEqual(scale(calm), { low: 99, high: 106 });
  assert.deepEqual(scale([bar(100, 100, 100, 100)]), { low: 100, high: 100 });
  assert.deepEqual(scale([bar(25, 28, 10, 30)]), { low: 10, high: 30 });
});

test("a stray print does not count, whichever side it is on", () => {
  assert.deepEqual(scale([...calm, bar(105, 106, 104, 600)]), { low: 99, high: 106 });
  assert.deepEqual(scale([...calm, bar(105, 106, 0.01, 107)]), { low: 99, high: 107 });
});

test("a long way from open to close counts, and so do its highs and lows", () => {
  assert.deepEqual(scale([...calm, bar(105, 300)]), { low: 99, high: 301 });
  assert.deepEqual(scale([...calm, bar(105, 106, 95, 110)]), { low: 95, high: 110 });
});

test("prices that hardly ever move have no stray print", () => {
  const still = bar(25, 25, 25, 25);
  assert.deepEqual(scale([still, still, still, bar(25, 25, 24, 31)]), { low: 24, high: 31 });
});
