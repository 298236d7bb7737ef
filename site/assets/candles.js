/** A candle chart with a price axis. Independent of the page. */

import { chart, svg } from "./chart.js";

/** About `count` round values from `low` to `high`. */
export function ticks(low, high, count) {
  const least = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= least);
  const first = Math.ceil(low / step);
  const values = Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) => (first + i) * step);
  return values.map((value) => Number(value.toPrecision(12)));
}

/** Which of `count` places get a label: the last, and before it as many as fit (`width` a label, `step` a place). */
export function labelled(count, step, width) {
  const every = Math.ceil(width / step);
  const places = Array.from({ length: count }, (_, i) => i);
  return places.filter((i) => (count - 1 - i) % every === 0 && (i + 0.5) * step >= width / 2);
}

/**
 * A candle for each `{href, text, kind, open, high, low, close, sign, label}`: hollow if it rose, filled if it fell, its
 * `sign` under it. `write` formats the axis's prices.
 */
export function candles(figure, label, rows, write) {
  const [top, bottom, height] = [12, 272, 320];
  const low = Math.min(...rows.map((row) => row.low));
  const high = Math.max(...rows.map((row) => row.high));
  const spread = high - low || high;
  const y = (value) => bottom - ((value - low) / spread) * (bottom - top);
  const prices = ticks(low, low + spread, 6).map((value) => [y(value), write(value)]);
  const margin = 8 + 7 * Math.max(...prices.map(([, words]) => words.length));
  chart(figure, label, (width) => {
    const room = Math.max(0, width - margin); // a hidden figure has no width
    const step = room / rows.length;
    const lines = prices.flatMap(([y, words]) => [
      svg("path", { class: "grid", d: `M0 ${y}H${room}` }),
      svg("text", { class: "price", x: width, y: y + 4 }, words),
    ]);
    const dates = labelled(rows.length, step, 56).map((i) =>
      svg("text", { x: (i + 0.5) * step, y: height - 6 }, rows[i].label),
    );
    return { height, back: [...lines, ...dates], marks: rows.map((row, i) => mark(row, i, step, y)) };
  });
}

function mark({ href, text, kind, open, high, low, close, sign }, i, step, y) {
  const [x, half] = [(i + 0.5) * step, Math.max(1.5, step * 0.3)];
  const [upper, lower] = [y(Math.max(open, close)), y(Math.min(open, close))];
  const wicks = `M${x} ${y(high)}V${upper}M${x} ${lower}V${y(low)}`;
  const body = `M${x - half} ${upper}h${2 * half}V${lower}h${-2 * half}Z`;
  return svg(
    "a",
    { href, "aria-label": text, class: kind },
    svg("rect", { class: "hit", x: i * step, width: step, height: 296 }),
    svg("path", { class: "body", d: wicks + body }),
    svg("text", { class: "sign", x, y: y(low) + 15 }, sign),
  );
}
