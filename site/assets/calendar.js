/** A calendar of links: weeks as columns, Monday to Friday as rows. Independent of the page. */

import { chart, svg } from "./chart.js";
import { layout, weeksAway } from "./past.js";

// Corners in a unit square; they show the direction without relying on color.
const ARROWS = {
  up: [
    [0.5, 0.25],
    [0.8, 0.72],
    [0.2, 0.72],
  ],
  down: [
    [0.5, 0.75],
    [0.2, 0.28],
    [0.8, 0.28],
  ],
  flat: [
    [0.25, 0.42],
    [0.75, 0.42],
    [0.75, 0.58],
    [0.25, 0.58],
  ],
};

/**
 * Draws days, oldest first: sessions are `{kind: "session", date, href, text, look, step}`, others `{kind, date, text}`.
 * ←/→ move a week, ↑/↓ a day. `words` names a `weekday(date)` and a `month(date, year)`.
 */
export function calendar(figure, label, days, words) {
  const sessions = days.filter(({ kind }) => kind === "session");
  const dates = sessions.map(({ date }) => date);
  const keys = (i) => ({
    ArrowLeft: weeksAway(dates, i, -1),
    ArrowRight: weeksAway(dates, i, 1),
    ArrowUp: i - 1,
    ArrowDown: i + 1,
    Home: 0,
    End: Infinity,
  });
  chart(figure, label, (width) => {
    const { size, height, at, initials, months } = layout(
      days.map(({ date }) => date),
      width,
    );
    const side = size - 3;
    const marks = sessions.map((day) => {
      const attributes = { href: day.href, "aria-label": day.text, class: `day ${day.look} s${day.step}` };
      return svg("a", attributes, ...square(day.look, at(day.date), side));
    });
    const others = days.filter(({ kind }) => kind !== "session");
    const back = [
      ...others.map(({ kind, date, text }) => svg("g", {}, ...gap(kind, at(date), side), svg("title", {}, text))),
      ...initials.map(({ y, date }) => svg("text", { x: 0, y: y + size / 2 + 3 }, words.weekday(date))),
      ...months.map(({ x, y, year, date }) => svg("text", { x, y: y - 6 }, words.month(date, year))),
    ];
    return { height, marks, keys, back };
  });
}

/** A day's cell for the legend. */
export const swatch = (look, step) => legend({ class: `day ${look} s${step}` }, square(look, { x: 1, y: 1 }, 16));
export const gapSwatch = (kind) => legend({}, gap(kind, { x: 1, y: 1 }, 16));

const legend = (attributes, content) =>
  svg("svg", { ...attributes, width: 18, height: 18, "aria-hidden": "true" }, ...content);

function square(look, { x, y }, side) {
  const points = ARROWS[look].map(([right, below]) => [x + right * side, y + below * side]);
  return [svg("rect", { x, y, width: side, height: side }), svg("polygon", { points: points.join(" ") })];
}

/** A dash where the market was closed, an empty cell where a session is missing. */
const gap = (kind, { x, y }, side) =>
  kind === "closed"
    ? [svg("path", { class: kind, d: `M${x + side / 2 - 3} ${y + side / 2}h6` })]
    : [svg("rect", { class: kind, x, y, width: side, height: side })];
