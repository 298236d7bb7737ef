/** A candle chart with a price axis. Independent of the page. */

import { along, chart, svg } from "./chart.js";

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
 * The prices that a chart reaches: all opens and closes, and highs and lows that are not far beyond. A stray print would
 * shrink everything else.
 */
export function scale(rows) {
  const traded = rows.flatMap(({ open, close }) => [open, close]);
  const ranges = rows.map(({ high, low }) => high - low).sort((a, b) => a - b);
  const reach = 3 * ranges[(ranges.length - 1) >> 1] || Infinity;
  const [least, most] = [Math.min(...traded), Math.max(...traded)];
  const near = rows
    .flatMap(({ low, high }) => [low, high])
    .filter((price) => price >= least - reach && price <= most + reach);
  return { low: Math.min(least, ...near), high: Math.max(most, ...near) };
}

const [TOP, BOTTOM, VOLUMES, FLOOR, HEIGHT] = [24, 232, 248, 300, 324];
const MONTH = 21; // sessions that a page key turns
const THIN = 3; // pixels of a candle without a body
const FINGER = 24;
const short = (value) => Math.round(value * 100) / 100;

/**
 * Candles above volumes for `{href, text, kind, open, high, low, close, volume, sign, split, label}`: hollow if it rose,
 * filled if it fell, its `sign` under it, a line before it if it has a `split`. `write` formats prices and volumes.
 */
export function candles(figure, label, rows, write) {
  const { low, high } = scale(rows);
  const spread = high - low || high;
  const y = (value) => short(BOTTOM - ((Math.max(low, Math.min(value, high)) - low) / spread) * (BOTTOM - TOP));
  const prices = ticks(low, low + spread, 6).map((value) => [y(value), write.price(value)]);
  const busiest = Math.max(...rows.map(({ volume }) => volume));
  const margin = 8 + 7 * Math.max(...prices.map(([, words]) => words.length));
  touch(figure);
  chart(figure, label, (width) => {
    const room = Math.max(0, width - margin); // a hidden figure has no width
    const step = room / rows.length;
    figure.step = step;
    const text = (look, x, y, words) => svg("text", { class: look, x: short(x), y }, words);
    const lines = prices.flatMap(([y, words]) => [
      svg("path", { class: "grid", d: `M0 ${y}H${room}` }),
      text("price", width, y + 4, words),
    ]);
    const dates = labelled(rows.length, step, 56).map((i) => text("date", (i + 0.5) * step, HEIGHT - 6, rows[i].label));
    const splits = rows.flatMap((row, i) => (row.split && i ? splitting(row.split, i * step, room, text) : []));
    const volumes = ["up", "down", "flat"].map((kind) =>
      svg("path", { class: `volume ${kind}`, d: columns(rows, kind, step, busiest) }),
    );
    const most = text("price", width, VOLUMES + 8, write.volume(busiest));
    const marks = rows.map((row, i) => mark(row, i, step, y, { low, high }));
    const keys = (i) => ({ ...along(i), PageUp: i - MONTH, PageDown: i + MONTH });
    return { height: HEIGHT, back: [...lines, most, ...dates, ...volumes, ...splits], marks, keys };
  });
}

/** The volumes of one kind of session. */
function columns(rows, kind, step, busiest) {
  const half = short(Math.max(0.4, step * 0.3));
  const column = (row, i) => {
    if (row.kind !== kind || !busiest) return "";
    return `M${short((i + 0.5) * step - half)} ${FLOOR}v${short(((VOLUMES - FLOOR) * row.volume) / busiest)}h${2 * half}V${FLOOR}Z`;
  };
  return rows.map(column).join("");
}

/** A line where the number of shares has changed, with its words on the side that has room. */
function splitting(words, x, room, text) {
  const left = x > room / 2;
  return [
    svg("path", { class: "split", d: `M${short(x)} 2V${FLOOR}` }),
    text(left ? "price" : "after", x + (left ? -4 : 4), 11, words),
  ];
}

function mark({ href, text, kind, open, high, low, close, sign }, i, step, y, scale) {
  const [x, half] = [short((i + 0.5) * step), short(Math.max(1.5, step * 0.3))];
  const [upper, lower] = [y(Math.max(open, close)), y(Math.min(open, close))];
  const bar = `M${x} ${y(high)}V${y(low)}`;
  const wicks = `M${x} ${y(high)}V${upper}M${x} ${lower}V${y(low)}`;
  const body = `M${x - half} ${upper}h${2 * half}V${lower}h${-2 * half}Z`;
  const beyond = [
    [high > scale.high, "▴", TOP - 3],
    [low < scale.low, "▾", BOTTOM + 9],
    [sign, sign, y(low) + (step < THIN ? 8 : 13)],
  ];
  return svg(
    "a",
    { href, "aria-label": text, class: step < THIN ? `${kind} thin` : kind },
    svg("rect", { class: "hit", x: short(i * step), width: short(step), height: FLOOR }),
    svg("path", { class: "body", d: step < THIN ? bar : wicks + body }),
    ...beyond.filter(([shown]) => shown).map(([, words, y]) => svg("text", { class: "sign", x, y }, words)),
  );
}

/** Where a candle is narrower than a finger, the first touch tells it and the second one opens it. */
function touch(figure) {
  let [finger, told] = [false, null];
  figure.onpointerdown = ({ pointerType }) => {
    finger = pointerType === "touch";
  };
  figure.onclick = (event) => {
    const link = event.target.closest("svg a");
    if (!finger || !link || link === told || figure.step >= FINGER) return;
    event.preventDefault();
    told = link;
    link.focus();
  };
}
