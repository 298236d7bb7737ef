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

/** Draws `{date, href, text, kind, step, faded}`, oldest first. ←/→ move a week, ↑/↓ a day. */
export function calendar(figure, label, days, locale) {
  const dates = days.map(({ date }) => date);
  const keys = (i) => ({
    ArrowLeft: weeksAway(dates, i, -1),
    ArrowRight: weeksAway(dates, i, 1),
    ArrowUp: i - 1,
    ArrowDown: i + 1,
    Home: 0,
    End: Infinity,
  });
  chart(figure, label, (width) => {
    const { size, height, at, gaps, ...named } = layout(dates, width);
    const marks = days.map((day) => {
      const look = `day ${day.kind} step${day.step}${day.faded ? " faded" : ""}`;
      const attributes = { href: day.href, "aria-label": day.text, class: look };
      return svg("a", attributes, ...square(day.kind, at(day.date), size - 3));
    });
    return { height, marks, keys, back: [dots(gaps, (size - 3) / 2), ...words(named, size, locale)] };
  });
}

/** A day's square for the legend. */
export function swatch(kind, step) {
  const attributes = { class: `day ${kind} step${step}`, width: 18, height: 18, "aria-hidden": "true" };
  return svg("svg", attributes, ...square(kind, { x: 1, y: 1 }, 16));
}

function square(kind, { x, y }, size) {
  const points = ARROWS[kind].map(([right, below]) => [x + right * size, y + below * size]);
  return [svg("rect", { x, y, width: size, height: size }), svg("polygon", { points: points.join(" ") })];
}

const dots = (gaps, middle) =>
  svg("path", { class: "gap", d: gaps.map(({ x, y }) => `M${x + middle - 2} ${y + middle}h4`).join("") });

function words({ initials, months }, size, locale) {
  const written = (options) => new Intl.DateTimeFormat(locale, { ...options, timeZone: "UTC" });
  const [initial, name] = [written({ weekday: "narrow" }), written({ month: "short" })];
  const dated = written({ month: "short", year: "numeric" });
  const text = (x, y, format, date) => svg("text", { x, y }, format.format(new Date(date)));
  return [
    ...initials.map(({ y, date }) => text(0, y + size / 2 + 3, initial, date)),
    ...months.map(({ x, y, year, date }) => text(x, y - 6, year ? dated : name, date)),
  ];
}
