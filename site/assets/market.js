/** Reads and checks the data, and judges how fresh it is. No DOM. */

import { fullDay, moment, shortDay, time, weekday } from "./dates.js";

const PATIENCE = { twin: 4000, api: 10000 }; // ms
const [HOUR, RUN, LATE] = [3_600_000, 600_000, 36_000_000]; // ms: runs are hourly at ten past; late is 10 h after ready
const WRONG = 6 * 3_600_000; // ms by which a clock must differ from the server's to be taken for wrong

/** As in api/markets.py. The last clock is the exchange's, by which it usually closes at `close`. */
export const EXCHANGES = {
  XNYS: {
    Currency: "USD",
    close: "16:00",
    clocks: { PT: "America/Los_Angeles", ET: "America/New_York" },
    ticker: /^[A-Za-z][A-Za-z0-9.]{0,14}$/,
  },
  XNSE: {
    Currency: "INR",
    close: "15:35",
    clocks: { ET: "America/New_York", IST: "Asia/Kolkata" },
    ticker: /^[A-Z0-9][A-Z0-9&-]{0,19}$/,
  },
};

const isText = (value) => typeof value === "string" && value !== "";
const isTime = (value, form) => form.test(value) && Date.parse(value) > 0;
const isDate = (value) => isTime(value, /^\d{4}-\d\d-\d\d$/);
const isInstant = (value) => isTime(value, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
const hasNumbers = (body, ...names) => names.every((name) => Number.isFinite(body?.[name]));
const isWinner = (body) => isText(body?.Ticker) && hasNumbers(body, "PercentChange", "ClosingPrice");
export const isBar = (body) => hasNumbers(body, "Open", "High", "Low", "Close", "Volume", "PercentChange");
const isDated = (entry, i, all) => isDate(entry?.Date) && (!i || entry.Date < all[i - 1].Date);
export const isList = (body, fits) => Array.isArray(body) && body.every(isDated) && body.every(fits);
const isWinners = (body) => isList(body, isWinner);
const newest = (body) => body[0]?.Date ?? "";

// Stale if AsOf is after its `newest`.
export const MOVERS = { name: "movers", path: "/movers", fits: isWinners, newest };
export const HISTORY = { name: "history", path: "/history", fits: isWinners, newest };
export const session = (date) => ({
  name: "session",
  path: `/movers/${date}`,
  fits: (body) => body?.Date === date && isWinner(body) && body.Bars?.every((bar) => isText(bar?.Ticker) && isBar(bar)),
});

const isStatus = (body) =>
  body?.SchemaVersion === 1 &&
  [body.Expected, body.Missing, body.Watchlist].every(Array.isArray) &&
  isText(body.Exchange?.TimeZone) &&
  (body.AsOf === null ||
    ([body.AsOf, body.NextSession, ...body.Missing].every(isDate) &&
      [body.GeneratedAt, body.StaleAfter].every(isInstant) &&
      ["live", "simulated", "recorded"].includes(body.Source?.Kind) &&
      hasNumbers(body.Source, "ClockOffsetSeconds")));
export const STATUS = { path: "/status", fits: isStatus };

/**
 * Reads a resource and the status. `origin` is `snapshot`, `api`, `memory`, `missing` (404) or `nowhere`; `made` is the
 * body's ETag. `now` is the server's time where the device's clock is wrong.
 */
export async function load(browser, clock, resource, patience = PATIENCE) {
  const ask = asker(browser, patience);
  const asked = readStatus(ask, clock);
  const [found, { status, now }] = await Promise.all([nearest(ask, resource, asked), asked]);
  const view = { online: browser.navigator?.onLine !== false, status, now };
  if (!found) return { ...view, ...recall(browser, resource, status) };
  if (!found.body) return { ...view, ...found };
  const seen = { ...view, ...found, seenAt: now.toISOString() };
  remember(browser, resource, seen);
  return { ...seen, behind: isBehind(resource, found.body, status) };
}

/** The body of another resource, or null. */
export const also = async (browser, resource) => (await nearest(asker(browser, PATIENCE), resource))?.body ?? null;

/** `{body, made, date}`, with a null body if none exists; null if unusable. */
const asker = (browser, patience) => async (resource, place) => {
  try {
    const path = resource.path + (place === "twin" ? ".json" : "");
    const answer = await browser.fetch(path, limited(patience[place]));
    if ([400, 404].includes(answer.status)) return { body: null };
    const body = answer.ok && (await answer.json());
    const [made, date] = ["ETag", "Date"].map((name) => answer.headers?.get(name) ?? "");
    return resource.fits(body) ? { body, made: made.replace(/^W\/|"/g, ""), date: Date.parse(date) } : null;
  } catch {
    return null;
  }
};

export function limited(milliseconds) {
  if (AbortSignal.timeout) return { signal: AbortSignal.timeout(milliseconds) };
  const control = new AbortController();
  setTimeout(() => control.abort(), milliseconds);
  return control;
}

/** The status, and the time it is judged by. */
async function readStatus(ask, clock) {
  const twin = await ask(STATUS, "twin");
  const now = trusted(clock, twin?.date);
  if (twin?.body && !isLate(twin.body, now)) return { status: twin.body, now };
  const answer = await ask(STATUS, "api");
  return { status: answer?.body ?? twin?.body ?? null, now: trusted(clock, answer?.date ?? twin?.date) };
}

/** The device's time, unless it is far from the server's. A cached answer's time may be some minutes old. */
const trusted = (clock, served) => (Math.abs(clock - served) > WRONG ? new Date(served) : clock);

async function nearest(ask, resource, asked) {
  const twin = await ask(resource, "twin");
  const snapshot = twin?.body && { ...twin, origin: "snapshot" };
  if (snapshot && !isBehind(resource, twin.body, (await asked)?.status)) return snapshot;
  const answer = await ask(resource, "api");
  return answer ? { ...answer, origin: answer.body ? "api" : "missing" } : snapshot;
}

function recall(browser, resource, status) {
  try {
    const { path, ...seen } = JSON.parse(browser.localStorage.getItem(`seen ${resource.name}`));
    if (path === resource.path && resource.fits(seen.body) && isInstant(seen.seenAt)) {
      return { ...seen, origin: "memory", status: status ?? (isStatus(seen.status) ? seen.status : null) };
    }
  } catch {
    // refused
  }
  return { body: null, status, origin: "nowhere" };
}

function remember(browser, resource, { body, status, seenAt }) {
  try {
    const seen = JSON.stringify({ path: resource.path, body, status, seenAt });
    browser.localStorage.setItem(`seen ${resource.name}`, seen);
  } catch {
    // full
  }
}

const isLate = ({ StaleAfter, ...status }, now) => marketTime(status, now) > Date.parse(StaleAfter);
const isBehind = (resource, body, status) => Boolean(status?.AsOf) && resource.newest?.(body) < status.AsOf;

/** The time by the data's clock. */
export const marketTime = ({ Source }, now) => now.getTime() + (Source?.ClockOffsetSeconds ?? 0) * 1000;

/** The date in a time zone. */
export const dateIn = (timeZone, instant) => new Intl.DateTimeFormat("sv", { timeZone }).format(instant); // as ISO

/** The exchange's date, by the data's clock. */
export const marketDate = (status, now) => dateIn(status.Exchange.TimeZone, marketTime(status, now));

/** `unknown`, `empty`, `late`, `weekend`, `holiday` or `current`. */
export function freshness(status, now) {
  if (!status) return "unknown";
  if (!status.AsOf) return "empty";
  if (isLate(status, now)) return "late";
  const today = marketDate(status, now);
  if (today <= status.AsOf || status.NextSession <= today) return "current";
  return [0, 6].includes(new Date(today).getUTCDay()) ? "weekend" : "holiday";
}

/** The holiday's name, if the exchange is closed for one on a date: ` (Thanksgiving)`. */
export function holiday(status, date) {
  const found = status?.Holidays?.find((each) => each.Date === date);
  return found ? ` (${found.Name})` : "";
}

/** When the vendor has the next session; earlier releases don't tell. */
export const readyAt = ({ ReadyAt, StaleAfter }) => (ReadyAt ? Date.parse(ReadyAt) : Date.parse(StaleAfter) - LATE);

/** The first run that can have the next session. */
export const expectedAt = (status) => Math.ceil((readyAt(status) - RUN) / HOUR) * HOUR + RUN;

/** When the next result is expected, and of which session: `Monday’s close, about 12:10 AM ET Tuesday`. */
export function expected(status, { clocks }) {
  const [zone, timeZone] = Object.entries(clocks).at(-1);
  const run = expectedAt(status);
  const date = dateIn(timeZone, run);
  return `${weekday(status.NextSession)}’s close, about ${time(run, timeZone)} ${zone} ${weekday(date)}`;
}

/** What to say about the data, most urgent first: `[tone, title, text]`. */
export function notices({ origin, online, seenAt, behind, status }, now, place) {
  const seen = seenAt && `Saved copy from ${moment(seenAt, place.clocks)}.`;
  const from = online ? origin : "offline";
  const kind = status?.Source?.Kind;
  const gaps = behind ? [status.AsOf] : (status?.Missing ?? []).filter((date) => date < status.NextSession);
  const state = freshness(status, now);
  const said = [
    from === "offline" && ["warn", "You’re offline.", seen ?? "What you see may be old."],
    from === "nowhere" && ["bad", "Can’t load newer data right now.", "We keep trying."],
    from === "memory" && ["warn", "Can’t load newer data right now.", seen],
    kind === "simulated" && ["warn", "Demo data.", "These prices are made up."],
    kind === "recorded" && ["warn", "Replay of past data,", `as of ${fullDay(marketDate(status, now))}.`],
    gaps.length === 1 && ["warn", "One session is missing:", `${shortDay(gaps[0])}. We retry every hour.`],
    gaps.length > 1 && [
      "warn",
      `${gaps.length} sessions are missing:`,
      `${gaps.map(shortDay).join("; ")}. We retry every hour.`,
    ],
    !["nowhere", "memory"].includes(from) && STATES[state](status, now, place),
  ].filter(Boolean);
  // That all is well is said only if nothing else is.
  return said.length > 1 ? said.filter(([tone]) => tone !== "calm") : said;
}

const next = (status, place) => `next result: ${expected(status, place)}.`;
const STATES = {
  unknown: () => ["note", "", "Can’t tell how current this is."],
  empty: () => ["note", "No data yet.", "The first result appears after the first market close."],
  late: ({ NextSession, StaleAfter, AsOf, Exchange }) => [
    "warn",
    "Delayed.",
    `${weekday(NextSession)}’s result was due ${shortDay(dateIn(Exchange.TimeZone, Date.parse(StaleAfter)))}; you see ${weekday(AsOf)}’s.`,
  ],
  weekend: (status, _, place) => ["calm", "Up to date.", `Markets are closed for the weekend · ${next(status, place)}`],
  holiday: (status, now, place) => [
    "calm",
    "Up to date.",
    `Markets are closed today${holiday(status, marketDate(status, now))} · ${next(status, place)}`,
  ],
  current: (status, now, place) =>
    expectedAt(status) < marketTime(status, now)
      ? ["note", "", `${weekday(status.NextSession)}’s result isn’t in yet. We look for it every hour.`]
      : ["calm", "Up to date.", `Next result: ${expected(status, place)}.`],
};
