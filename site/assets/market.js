/** Reads, checks and formats the data, and judges how fresh it is. No DOM. */

const PATIENCE = { twin: 4000, api: 10000 }; // ms

/** As in api/markets.py. */
export const EXCHANGES = {
  XNYS: {
    Currency: "USD",
    ticker: /^[A-Za-z][A-Za-z0-9.]{0,14}$/,
    spelling: "a letter and at most 14 more letters, digits or points",
  },
  XNSE: {
    Currency: "INR",
    ticker: /^[A-Z0-9][A-Z0-9&-]{0,19}$/,
    spelling: "at most 20 capital letters, digits, & or -",
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

/** Reads a resource and the status. `origin` is `snapshot`, `api`, `memory`, `missing` (404) or `nowhere`. */
export async function load(browser, now, resource, patience = PATIENCE) {
  const ask = asker(browser, patience);
  const asked = readStatus(ask, now);
  const [found, status] = await Promise.all([nearest(ask, resource, asked), asked]);
  const online = browser.navigator?.onLine !== false;
  if (!found) return { ...recall(browser, resource, status), online };
  const view = { ...found, status, online, seenAt: now.toISOString() };
  if (!found.body) return view;
  remember(browser, resource, view);
  return { ...view, behind: isBehind(resource, found.body, status) };
}

/** The body of another resource, or null. */
export const also = async (browser, resource) => (await nearest(asker(browser, PATIENCE), resource))?.body ?? null;

/** `{body}`, with a null body if none exists; null if unusable. */
const asker = (browser, patience) => async (resource, place) => {
  try {
    const path = resource.path + (place === "twin" ? ".json" : "");
    const answer = await browser.fetch(path, { signal: AbortSignal.timeout(patience[place]) });
    if ([400, 404].includes(answer.status)) return { body: null };
    const body = answer.ok && (await answer.json());
    return resource.fits(body) ? { body } : null;
  } catch {
    return null;
  }
};

async function readStatus(ask, now) {
  const twin = (await ask(STATUS, "twin"))?.body;
  if (twin && !isLate(twin, now)) return twin;
  return (await ask(STATUS, "api"))?.body ?? twin ?? null;
}

async function nearest(ask, resource, asked) {
  const twin = await ask(resource, "twin");
  const snapshot = twin?.body && { ...twin, origin: "snapshot" };
  if (snapshot && !isBehind(resource, twin.body, await asked)) return snapshot;
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
const marketTime = ({ Source }, now) => now.getTime() + (Source?.ClockOffsetSeconds ?? 0) * 1000;

/** The exchange's date, by the data's clock. */
export function marketDate(status, now) {
  return written(marketTime(status, now), "sv", { timeZone: status.Exchange.TimeZone }); // as ISO
}

/** `unknown`, `empty`, `late`, `weekend`, `holiday` or `current`. */
export function freshness(status, now) {
  if (!status) return "unknown";
  if (!status.AsOf) return "empty";
  if (isLate(status, now)) return "late";
  const today = marketDate(status, now);
  if (today <= status.AsOf || status.NextSession <= today) return "current";
  return [0, 6].includes(new Date(today).getUTCDay()) ? "weekend" : "holiday";
}

/** Worst first: `[tone, title, text]`. */
export function notices({ origin, online, seenAt, behind, status }, now, place) {
  const { locale } = place;
  const failed = "Neither the snapshot nor the API could be read.";
  const seen = seenAt ? `This browser saw these numbers ${moment(seenAt, place)}.` : "Nothing was seen here before.";
  const from = online ? origin : "offline";
  const kind = status?.Source?.Kind;
  const gaps = behind ? [status.AsOf] : (status?.Missing ?? []);
  const due = status?.StaleAfter && `due by ${moment(status.StaleAfter, place)}.`;
  const next = due && `Next session ${shortDay(status.NextSession, locale)}, ${due}`;
  const said = [
    from === "offline" && [seenAt ? "warn" : "bad", "Offline", seen],
    from === "nowhere" && ["bad", "No data", `${failed} Try again in a minute.`],
    from === "memory" && ["warn", "Last seen", `${failed} ${seen}`],
    from === "api" && ["note", "Served by the API", "The snapshot is missing, broken, slow or stale."],
    kind === "simulated" && ["warn", "Simulated data", "These prices are invented."],
    kind === "recorded" && ["warn", "Recorded data", `Its clock stands at ${day(marketDate(status, now), locale)}.`],
    gaps[0] && ["warn", "Incomplete", `Not here: ${gaps.map((date) => shortDay(date, locale)).join("; ")}.`],
    origin !== "nowhere" &&
      {
        unknown: ["note", "Freshness unknown", "The status could not be read."],
        empty: ["note", "No session yet", "The first appears once it is recorded."],
        late: ["warn", "Late", `Newer numbers were ${due}`],
        weekend: ["calm", "Weekend, market closed", next],
        holiday: ["calm", "Holiday, market closed", next],
        current: ["calm", "Up to date", next],
      }[freshness(status, now)],
  ];
  return said.filter(Boolean);
}

/** WebKitGTK may report "C" as language. */
export function usableLocale(language) {
  try {
    return Intl.getCanonicalLocales(language)[0] ?? "en";
  } catch {
    return "en";
  }
}

const formats = {}; // slow to make
export const intl = (type, locale, options) =>
  (formats[JSON.stringify([type, locale, options])] ??= new Intl[type](locale, options));

export const direction = (change) => (change > 0 ? "up" : change < 0 ? "down" : "flat");

/** With a real minus sign: screen readers skip a hyphen. */
export function percent(change, locale) {
  const digits = { minimumFractionDigits: 2, maximumFractionDigits: 2 };
  const options = { style: "unit", unit: "percent", signDisplay: "exceptZero", ...digits };
  return intl("NumberFormat", locale, options).format(change).replace("-", "−");
}

/** A near tie mustn't look like a tie. */
export function points(margin, locale) {
  return `${intl("NumberFormat", locale, { maximumSignificantDigits: 3 }).format(margin)} points`;
}

/** Low prices have four decimals. */
export function price(amount, { locale, Currency }) {
  const options = { style: "currency", currency: Currency, currencyDisplay: "narrowSymbol", maximumFractionDigits: 4 };
  return intl("NumberFormat", locale, options).format(amount);
}

const DATE = { month: "short", day: "numeric" };
const SHORT_DAY = { weekday: "short", ...DATE, timeZone: "UTC" };
const TIME = { hour: "numeric", minute: "2-digit" };
const written = (instant, locale, options) => intl("DateTimeFormat", locale, options).format(new Date(instant));

/** Trading days aren't converted to the viewer's zone. */
export const day = (date, locale) => written(date, locale, { ...SHORT_DAY, year: "numeric" });
export const shortDay = (date, locale) => written(date, locale, SHORT_DAY);

/** In exchange time and, if different, the viewer's. */
export function moment(instant, { locale, TimeZone, readerZone }) {
  const on = (timeZone, options) => written(instant, locale, { ...options, timeZone });
  const there = on(TimeZone, { ...DATE, ...TIME, timeZoneName: "short" });
  const date = on(readerZone, DATE);
  const here = `${date === on(TimeZone, DATE) ? "" : `${date}, `}${on(readerZone, TIME)}`;
  return here === on(TimeZone, TIME) ? there : `${there} (${here} your time)`;
}
