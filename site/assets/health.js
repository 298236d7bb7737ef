/** The site's health: how fresh the data is, and whether both sources of a resource respond. No DOM. */

import { expectedAt, freshness, limited, marketDate, marketTime, readyAt } from "./market.js";
import { count } from "./words.js";

const PATIENCE = 10_000; // milliseconds
const [HOUR, DAY] = [3_600_000, 86_400_000];
const ON_TIME = 2 * HOUR; // a run may fail, and the next one be right
const MOST = 30; // overdue sessions
const [NARROWEST, WIDEST, GAP, ROW] = [22, 32, 8, 52]; // pixels of a day, between weeks, and of a row of weeks

/** The most important state: that of `freshness`, or `nowhere`, `saved`, `incomplete`, or `slow` before it is late. */
export function verdict({ origin, behind, status, now }) {
  if (origin === "nowhere") return "nowhere";
  if (origin === "memory") return "saved";
  const state = freshness(status, now);
  if (["unknown", "empty", "late"].includes(state)) return state;
  if (behind || status.Missing.some((date) => date < status.NextSession)) return "incomplete";
  return marketTime(status, now) > expectedAt(status) + HOUR ? "slow" : state;
}

/** The instant at which a clock shows a time, `16:00`, of a day. */
export function instant(date, time, timeZone) {
  const asked = Date.parse(`${date}T${time}Z`);
  const shown = new Intl.DateTimeFormat("sv", { timeZone, dateStyle: "short", timeStyle: "medium" }).format(asked);
  return 2 * asked - Date.parse(`${shown.replace(" ", "T")}Z`);
}

/**
 * When a session was, or will be, ready. The status has this of the next one only: a time of the exchange's day, some
 * days after the session's. It is the same for all sessions.
 */
export function ready(status) {
  const { TimeZone } = status.Exchange;
  const next = readyAt(status);
  const format = new Intl.DateTimeFormat("sv", { timeZone: TimeZone, dateStyle: "short", timeStyle: "short" });
  const [day, time] = format.format(next).split(" ");
  const after = Date.parse(day) - Date.parse(status.NextSession);
  return (date) => instant(isoDate(Date.parse(date) + after), time, TimeZone);
}

const isoDate = (instant) => new Date(instant).toISOString().slice(0, 10);

/**
 * The latest sessions and the holidays among them, `{date, kind}`, oldest first. Kinds are `good`, `late` (by `hours`),
 * `in` (at a time unknown, or when the record began or was extended), `missing` and `closed` (`name`). Those that are
 * overdue at `now` are missing.
 */
export function strip(status, now) {
  const { Sessions = [], Expected, Missing, Holidays = [], NextSession } = status;
  const due = ready(status);
  const began = Math.min(...Sessions.map(({ RecordedAt }) => Date.parse(RecordedAt)));
  const stored = Sessions.map(({ Date: date, RecordedAt }) => {
    const delay = Date.parse(RecordedAt) - due(date);
    if (delay <= ON_TIME) return { date, kind: "good" };
    return due(date) < began - ON_TIME ? { date, kind: "in" } : { date, kind: "late", hours: Math.round(delay / HOUR) };
  });
  const known = new Map(Expected.map((date) => [date, { date, kind: "in" }]));
  for (const each of stored) known.set(each.date, each);
  for (const date of [...Missing.filter((date) => date < NextSession), ...overdue(status, now, due)])
    known.set(date, { date, kind: "missing" });
  const [first] = [...known.keys()].sort();
  const today = marketDate(status, now);
  for (const { Date: date, Name } of Holidays)
    if (first < date && date <= today) known.set(date, { date, kind: "closed", name: Name });
  return [...known.values()].sort((a, b) => (a.date < b.date ? -1 : 1));
}

/** The next session and those after it whose alarm is past, weekends and holidays aside. */
function overdue(status, now, due) {
  const { NextSession, StaleAfter, Holidays = [] } = status;
  const time = marketTime(status, now) - (Date.parse(StaleAfter) - readyAt(status));
  const closed = new Set(Holidays.map(({ Date: date }) => date));
  const found = [];
  for (let day = Date.parse(NextSession); due(isoDate(day)) < time && found.length < MOST; day += DAY) {
    const date = isoDate(day);
    if (date === NextSession || (weekday(date) < 5 && !closed.has(date))) found.push(date);
  }
  return found;
}

const weekday = (date) => (new Date(date).getUTCDay() + 6) % 7; // Monday is 0
const monday = (date) => isoDate(Date.parse(date) - weekday(date) * DAY);

/**
 * Where a strip's days stand, in pixels: `days` as given, each with `x` and `y`, and `weeks`, each with the `date` it
 * begins with. A week is a group of cells from Monday on; as many weeks are in a row as fit.
 */
export function layout(entries, width) {
  const names = [...new Set(entries.map(({ date }) => monday(date)))];
  const length = entries.some(({ date }) => weekday(date) > 4) ? 7 : 5;
  const most = Math.floor((width + GAP) / (length * NARROWEST + GAP));
  const perRow = Math.max(1, Math.min(names.length, most));
  const size = Math.min(WIDEST, ((width + GAP) / perRow - GAP) / length);
  const weeks = names.map((date, i) => ({
    date,
    x: (i % perRow) * (length * size + GAP),
    y: Math.floor(i / perRow) * ROW,
  }));
  const days = entries.map((entry) => {
    const { x, y } = weeks[names.indexOf(monday(entry.date))];
    return { ...entry, x: x + weekday(entry.date) * size, y };
  });
  return { size, height: Math.ceil(names.length / perRow) * ROW, weeks, days };
}

/**
 * The way from the latest session's close to the next one's alarm: the instants at which it closed and was stored, at
 * which the next one closes, is ready and is overdue. `now` is how many of these steps are done, `4.5` past the alarm.
 */
export function way(status, now, close) {
  const { AsOf, NextSession, Sessions = [], StaleAfter, Exchange } = status;
  const stored = Sessions.find(({ Date: date }) => date === AsOf)?.RecordedAt;
  const closes = [AsOf, NextSession].map((date) => instant(date, close, Exchange.TimeZone));
  const came = stored ? Date.parse(stored) : ready(status)(AsOf);
  const instants = [closes[0], came, closes[1], readyAt(status), Date.parse(StaleAfter)];
  const time = marketTime(status, now);
  const passed = instants.filter((each) => each <= time).length - 1;
  if (passed < 0) return { instants, time, now: 0 };
  const [from, to] = [instants[passed], instants[passed + 1]];
  return { instants, time, now: passed + (to ? (time - from) / (to - from) : 0.5) };
}

/** How far the data's clock is from real time: `175 days behind real time`. */
export function clock(seconds) {
  const size = Math.abs(seconds);
  const [unit, length] = Object.entries({ day: 86_400, hour: 3600, minute: 60, second: 1 }).find(
    ([, length]) => size >= length,
  ) ?? ["second", 1];
  return `${count(Math.round(size / length), unit)} ${seconds < 0 ? "behind" : "ahead of"} real time`;
}

/** Reads a resource from the server, not from the browser's cache. */
export async function ask(browser, path) {
  const start = browser.performance.now();
  const since = () => Math.round(browser.performance.now() - start);
  try {
    const answer = await browser.fetch(path, { cache: "no-cache", ...limited(PATIENCE) });
    const text = await answer.text();
    return { ok: answer.ok, code: answer.status, text, milliseconds: since() };
  } catch {
    return { ok: false, milliseconds: since() };
  }
}

export const said = ({ ok, code, milliseconds }) => (ok ? `${milliseconds} ms` : code ? `error ${code}` : "no answer");

/** Compares two answers for one resource. */
export function compared(file, api) {
  if (!file.ok || !api.ok) return "–";
  return file.text === api.text ? "identical" : "different";
}

/** What the answers, `[file, api]` for each resource, come to. */
export function outcome(answers) {
  const fails = [0, 1].map((source) => answers.some((pair) => !pair[source].ok));
  const responds = [0, 1].map((source) => answers.some((pair) => pair[source].ok));
  if (!responds.includes(true)) return "Neither source responds.";
  if (fails.includes(true)) return "One source doesn’t respond.";
  if (answers.some((pair) => compared(...pair) === "different"))
    return "Both sources respond, but their data differs, as it may for some minutes after a new session.";
  return "Both sources respond, with identical data.";
}
