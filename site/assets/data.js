/** What the page shows, from the nearest place that has it: the twin, the API, or what was last seen. */

import { isBehind, isLate } from "./format.js";

const TIMEOUTS_MS = { twin: 4000, api: 10000 };
const LAST_SEEN = "last-seen";

/**
 * Reads movers and status; `origin` names where the movers came from. Never rejects.
 * `browser` brings `fetch` and `localStorage`.
 */
export async function load(browser, now, timeouts = TIMEOUTS_MS) {
  const ask = {
    twin: (path, fits) => read(browser, `${path}.json`, fits, timeouts.twin),
    api: (path, fits) => read(browser, path, fits, timeouts.api),
  };
  const asked = readStatus(ask, now);
  const [movers, status] = await Promise.all([readMovers(ask, asked), asked]);
  if (!movers) return recall(browser, status);
  const view = { ...movers, status, seenAt: now.toISOString() };
  remember(browser, view);
  return view;
}

async function readStatus(ask, now) {
  const twin = await ask.twin("/status", isStatus);
  if (twin && !isLate(twin, now)) return twin;
  return (await ask.api("/status", isStatus)) ?? twin;
}

async function readMovers(ask, asked) {
  const twin = await ask.twin("/movers", isMovers);
  if (twin && !isBehind(twin, await asked)) return { movers: twin, origin: "snapshot" };
  const answer = await ask.api("/movers", isMovers);
  if (answer) return { movers: answer, origin: "api" };
  return twin && { movers: twin, origin: "snapshot" };
}

/** The body, or null for whatever makes it unusable: the caller's answer to all of these is the next place. */
async function read(browser, path, fits, milliseconds) {
  try {
    const answer = await browser.fetch(path, { signal: AbortSignal.timeout(milliseconds) });
    const body = answer.ok ? await answer.json() : null;
    return fits(body) ? body : null;
  } catch {
    return null;
  }
}

function recall(browser, status) {
  try {
    const seen = JSON.parse(browser.localStorage.getItem(LAST_SEEN));
    if (isMovers(seen.movers) && isInstant(seen.seenAt)) {
      return { ...seen, origin: "memory", status: status ?? (isStatus(seen.status) ? seen.status : null) };
    }
  } catch {
    // Storage is refused in some private windows, and empty on a first visit.
  }
  return { movers: [], status, origin: "nowhere", seenAt: null };
}

function remember(browser, view) {
  try {
    browser.localStorage.setItem(LAST_SEEN, JSON.stringify(view));
  } catch {
    // Refused or full: the page then has nothing to fall back on, and loses nothing else.
  }
}

const isText = (value) => typeof value === "string" && value !== "";
const isDate = (value) => /^\d{4}-\d\d-\d\d$/.test(value) && !Number.isNaN(Date.parse(value));
const isInstant = (value) => /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value) && !Number.isNaN(Date.parse(value));

function isMovers(body) {
  const descends = (mover, i) => i === 0 || mover.Date < body[i - 1].Date;
  return Array.isArray(body) && body.every(isMover) && body.every(descends);
}

function isMover(mover) {
  const numbers = [mover?.PercentChange, mover?.ClosingPrice];
  return isDate(mover?.Date) && isText(mover.Ticker) && numbers.every(Number.isFinite);
}

/** Before the first session whatever depends on one may be null. */
function isStatus(body) {
  const fits = (check) => (value) => check(value) || (body.AsOf === null && value === null);
  return (
    body?.SchemaVersion === 1 &&
    [body.AsOf, body.NextSession].every(fits(isDate)) &&
    [body.GeneratedAt, body.StaleAfter].every(fits(isInstant)) &&
    [body.Missing, body.Watchlist].every(Array.isArray) &&
    body.Missing.every(isDate) &&
    isText(body.Exchange?.TimeZone) &&
    fits(isSource)(body.Source)
  );
}

function isSource(source) {
  const known = ["live", "simulated", "recorded"].includes(source?.Kind);
  return known && isText(source.Provider) && Number.isFinite(source.ClockOffsetSeconds);
}
