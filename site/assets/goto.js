/** Leads from `day.html?date=` to the session's own page, or says why there is none. */

import { element } from "./chart.js";
import * as market from "./market.js";
import { at, keepFresh } from "./page.js";
import { isDate, neighbours } from "./sessions.js";
import { fullDay, longDay } from "./words.js";

const asked = new URLSearchParams(location.search).get("date") ?? "";
const toDay = (date) => element("a", { href: `/days/${date}.html` }, fullDay(date));

function answer({ body: movers, status, now, origin }) {
  const dates = (movers ?? []).map(({ Date }) => Date);
  if (dates.includes(asked) || (!asked && dates.length)) return location.replace(`/days/${asked || dates[0]}.html`);
  at("answer").textContent = why(dates, status, now, origin);
  const { previous, next } = neighbours(dates, asked);
  const near = isDate(asked) ? [previous, next].filter(Boolean).map(toDay) : [];
  const links = [
    ...near,
    element("a", { href: "/" }, "Latest result"),
    element("a", { href: "/history.html" }, "History"),
  ];
  at("where").replaceChildren(...links.flatMap((link, i) => (i ? [" · ", link] : [link])));
}

function why(dates, status, now, origin) {
  if (origin === "nowhere") return "Can’t load the data right now.";
  if (!dates.length) return "No data yet.";
  if (!isDate(asked)) return `“${asked.slice(0, 40)}” isn’t a date. Use YYYY-MM-DD, like ${dates[0]}.`;
  const day = longDay(asked);
  const today = status && market.marketDate(status, now);
  const holiday = market.holiday(status, asked);
  if (holiday) return `Markets are closed on ${day}${holiday}.`;
  if ([0, 6].includes(new Date(asked).getUTCDay())) return `${day}: markets are closed on weekends.`;
  if (status?.Missing.includes(asked)) return `${day} is missing; we retry every hour.`;
  if (asked > today) return `${day} is still to come.`;
  if (asked > dates[0]) return `${day}: not available yet.`;
  if (asked < dates.at(-1)) return `Our record begins on ${longDay(dates.at(-1))}.`;
  return `${day}: markets were closed, or the session wasn’t recorded.`;
}

keepFresh(market.HISTORY, answer);
