/** Numbers, dates and freshness in words. Pure: the locale, the zones and `now` are arguments. */

export const ARROWS = { up: "▲", down: "▼", flat: "■" };

const DATE = { month: "short", day: "numeric" };
const DAY = { weekday: "short", ...DATE, timeZone: "UTC" };
const TIME = { hour: "numeric", minute: "2-digit" };

/** The reader's language, or English where the browser names none (WebKitGTK says "C"). */
export function usableLocale(language) {
  try {
    return Intl.getCanonicalLocales(language)[0] ?? "en";
  } catch {
    return "en";
  }
}

export function direction(change) {
  if (change === 0) return "flat";
  return change > 0 ? "up" : "down";
}

/** A change in percent with its sign, as a true minus: screen readers pass over a hyphen. */
export function percent(change, locale, signDisplay = "exceptZero") {
  const digits = { minimumFractionDigits: 2, maximumFractionDigits: 2 };
  const format = new Intl.NumberFormat(locale, { style: "unit", unit: "percent", signDisplay, ...digits });
  const parts = format.formatToParts(change);
  return parts.map(({ type, value }) => (type === "minusSign" ? "−" : value)).join("");
}

/** A price in dollars, to the hundredth of a cent that the exchange quotes below one dollar. */
export function price(amount, locale) {
  const dollars = { style: "currency", currency: "USD", currencyDisplay: "narrowSymbol" };
  return new Intl.NumberFormat(locale, { ...dollars, maximumFractionDigits: 4 }).format(amount);
}

/** A trading day as it is written, whatever the reader's zone. */
export function day(date, locale) {
  return written(date, locale, { ...DAY, year: "numeric" });
}

/** The same without its year, for rows under a dated heading. */
export function shortDay(date, locale) {
  return written(date, locale, DAY);
}

/** An instant on the exchange's clock and, where that differs, on the reader's. */
export function moment(instant, { locale, exchangeZone, readerZone }) {
  const there = written(instant, locale, { ...DATE, ...TIME, timeZone: exchangeZone, timeZoneName: "short" });
  const [theirs, ours] = [exchangeZone, readerZone].map((timeZone) => ({
    date: written(instant, locale, { ...DATE, timeZone }),
    time: written(instant, locale, { ...TIME, timeZone }),
  }));
  if (theirs.date !== ours.date) return `${there} (${ours.date}, ${ours.time} your time)`;
  return theirs.time === ours.time ? there : `${there} (${ours.time} your time)`;
}

export function isLate(status, now) {
  return Boolean(status.StaleAfter) && marketTime(status, now) > new Date(status.StaleAfter);
}

export function isBehind(movers, status) {
  return Boolean(status?.AsOf) && (movers[0]?.Date ?? "") < status.AsOf;
}

/** `unknown`, `empty`, `late`, `closed` (no session today) or `current`. */
export function freshness(status, now) {
  if (!status) return "unknown";
  if (!status.AsOf) return "empty";
  if (isLate(status, now)) return "late";
  const today = marketDate(status, now);
  return status.AsOf < today && today < status.NextSession ? "closed" : "current";
}

/** What a reader should know before the numbers, worst first: `{tone, title, text}`. */
export function notices(view, now, place) {
  const origin = originNotice(view, place);
  if (origin?.tone === "bad") return [origin];
  const rest = [kindNotice(view, now, place), gapNotice(view, place), freshnessNotice(view, now, place)];
  return [origin, ...rest].filter(Boolean);
}

/** The watchlist in its order; a long one is cut, since it may hold thousands. */
export function listed(watchlist, limit = 40) {
  const more = watchlist.length - limit;
  return watchlist.slice(0, limit).join("\u00a0· ") + (more > 0 ? ` and ${more} more` : "");
}

export function story({ PercentChange, ClosingPrice }, locale) {
  const change = percent(Math.abs(PercentChange), locale, "never");
  const from = { up: `${change} above its open`, down: `${change} below its open`, flat: "where it opened" };
  const close = price(ClosingPrice, locale);
  return `It closed at ${close}, ${from[direction(PercentChange)]}: the watchlist’s largest move, up or down.`;
}

function originNotice({ origin, seenAt }, place) {
  const failed = "Neither the snapshot nor the API could be read.";
  return {
    nowhere: () => notice("bad", "No data", `${failed} Try again in a minute.`),
    memory: () =>
      notice("warn", "Last seen", `${failed} This browser saw these numbers ${moment(seenAt, place)}.`),
    api: () => notice("note", "Served by the API", "The snapshot is missing, broken, slow or stale."),
    snapshot: () => null,
  }[origin]();
}

function kindNotice({ status }, now, { locale }) {
  const kind = status?.Source?.Kind;
  if (kind === "simulated") return notice("warn", "Simulated data", "These prices are invented.");
  if (kind !== "recorded") return null;
  const today = day(marketDate(status, now), locale);
  return notice("warn", "Recorded data", `A replay: its clock stands at ${today}.`);
}

function gapNotice({ movers, status }, { locale }) {
  if (!status?.AsOf) return null;
  const behind = isBehind(movers, status);
  if (behind) return notice("warn", "Behind", `${day(status.AsOf, locale)} is not listed yet.`);
  const missing = status.Missing.map((date) => day(date, locale)).join("; ");
  return missing ? notice("warn", "Incomplete", `Missing: ${missing}.`) : null;
}

function freshnessNotice({ status }, now, place) {
  const due = () => moment(status.StaleAfter, place);
  const next = () => `Next session ${shortDay(status.NextSession, place.locale)}, due by ${due()}.`;
  return {
    unknown: () => notice("note", "Freshness unknown", "The status could not be read."),
    empty: () => notice("note", "No session yet", "The first one appears here once it is recorded."),
    late: () => notice("warn", "Late", `Newer numbers were due by ${due()}.`),
    closed: () => notice("calm", "Market closed today", next()),
    current: () => notice("calm", "Up to date", next()),
  }[freshness(status, now)]();
}

function notice(tone, title, text) {
  return { tone, title, text };
}

function marketDate(status, now) {
  const options = { year: "numeric", month: "2-digit", day: "2-digit", timeZone: status.Exchange.TimeZone };
  return written(marketTime(status, now), "en-CA", options);
}

function marketTime(status, now) {
  return new Date(now.getTime() + (status.Source?.ClockOffsetSeconds ?? 0) * 1000);
}

function written(instant, locale, options) {
  return new Intl.DateTimeFormat(locale, options).format(new Date(instant));
}
