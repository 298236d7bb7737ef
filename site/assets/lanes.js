/** Lanes: one for each ticker, in which every session that it won is a line, up or down. Independent of the page. */

import { chart, svg } from "./chart.js";
import { monthsOf } from "./past.js";

const NARROW = 560; // pixels; below, a lane's name stands above it
const TOP = 24; // the months' names

/**
 * Draws `lanes` of `{name, note}` and `days`, oldest first: sessions are `{kind: "session", lane, href, text, change,
 * look}`, others `{kind, text}`. `month(date, year)` names a month.
 */
export function lanes(figure, label, lanes, days, month) {
  const sessions = days.filter(({ kind }) => kind === "session");
  const reach = Math.max(...sessions.map(({ change }) => Math.abs(change))) || 1;
  chart(figure, label, (width) => {
    const narrow = width < NARROW;
    const longest = Math.max(...lanes.map(({ name, note }) => Math.max(9.5 * name.length, 7 * note.length)));
    const left = narrow ? 0 : Math.min(width / 3, longest + 24);
    const [pitch, name] = narrow ? [62, 18] : [lanes.length > 8 ? 46 : 58, 0];
    const half = (pitch - name) / 2 - 3;
    const step = (width - left) / days.length;
    const height = TOP + lanes.length * pitch;
    const middle = (lane) => TOP + lane * pitch + name + half + 3;
    const x = (i) => left + i * step;
    const column = (i) => ({ x: x(i), width: step, y: TOP, height: height - TOP });

    const line = ({ lane, change, look }, i) => {
      const size = Math.max(2, half * Math.sqrt(Math.abs(change) / reach)); // else a large one dwarfs all
      const ends = look === "flat" ? `${middle(lane) - 1.5}v3` : `${middle(lane)}v${look === "up" ? -size : size}`;
      return svg("path", { d: `M${x(i) + step / 2} ${ends}`, "stroke-width": Math.max(1, Math.min(8, step * 0.6)) });
    };
    const mark = (day, i) =>
      svg(
        "a",
        { href: day.href, "aria-label": day.text, class: day.look },
        svg("rect", { class: "hit", ...column(i) }),
        line(day, i),
      );
    // A missing session is to be seen, a holiday only where there is room.
    const wide = Math.max(step, 3);
    const gap = ({ kind, text }, i) =>
      svg("rect", { class: kind, ...column(i), x: x(i) + (step - wide) / 2, width: wide }, svg("title", {}, text));
    const isFine = step < 2;
    figure.classList.toggle("fine", isFine);
    const marks = days.map((day, i) => day.kind === "session" && mark(day, i)).filter(Boolean);
    const gaps = ["closed", "missing"].flatMap((kind) =>
      days.map((day, i) => day.kind === kind && !(isFine && kind === "closed") && gap(day, i)).filter(Boolean),
    );

    const months = monthsOf(
      days.map(({ date }) => date),
      step,
    );
    const rules = months.filter((each) => each.line).map(({ i }) => `M${x(i)} ${TOP - 4}V${height}`);
    const grid = svg("path", {
      class: "grid",
      d: [...rules, ...lanes.map((_, i) => `M${left} ${middle(i)}H${width}`)].join(""),
    });
    const names = months
      .filter(({ named }) => named)
      .map(({ i, date, year }) => svg("text", { x: x(i), y: TOP - 10 }, month(date, year)));
    const heads = lanes.flatMap(({ name, note }, i) => {
      const named = (tag, attributes) => svg(tag, { class: "name", ...attributes }, name);
      if (narrow) return svg("text", { x: 0, y: TOP + i * pitch + 14 }, named("tspan"), svg("tspan", { dx: 8 }, note));
      return [named("text", { x: 0, y: middle(i) - 1 }), svg("text", { x: 0, y: middle(i) + 15 }, note)];
    });
    return { height, back: [...gaps, grid, ...names, ...heads], marks };
  });
  // A finger is wider than a session: it slides along them, and the caption has the link.
  figure.onpointerdown = ({ target, pointerId }) => {
    if (target.hasPointerCapture?.(pointerId)) target.releasePointerCapture(pointerId);
  };
  figure.onclick = (event) => {
    if (event.pointerType === "touch" && event.target.closest("svg")) event.preventDefault();
  };
}
