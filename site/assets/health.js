/** The site's health: how fresh the data is, and whether both sources of a resource respond. No DOM. */

import { freshness } from "./market.js";

const PATIENCE = 10_000; // milliseconds

/** The most important state: `nowhere`, `incomplete`, or that of `freshness`. */
export function verdict({ origin, behind, status }, now) {
  if (origin === "nowhere") return "nowhere";
  const state = freshness(status, now);
  const closed = ["weekend", "holiday", "current"].includes(state);
  return closed && (behind || status.Missing.length) ? "incomplete" : state;
}

/** The sessions that should be stored, newest first: the latest, and older missing ones. */
export function sessions({ Expected, Missing }) {
  const dates = [...new Set([...Expected, ...Missing])].sort().reverse();
  return dates.map((date) => ({ date, stored: !Missing.includes(date) }));
}

/** How far the data's clock is from real time. */
export function clock(seconds, locale) {
  const [unit, size] = Object.entries({ day: 86_400, hour: 3600, minute: 60, second: 1 }).find(
    ([, size]) => Math.abs(seconds) >= size,
  ) ?? ["second", 1];
  const format = new Intl.NumberFormat(locale, {
    style: "unit",
    unit,
    unitDisplay: "long",
    maximumFractionDigits: 0,
  });
  return `${format.format(Math.abs(seconds) / size)} ${seconds < 0 ? "behind" : "ahead of"} real time`;
}

/** Reads a resource from the server, not from the browser's cache. */
export async function ask(browser, path) {
  const start = browser.performance.now();
  const since = () => Math.round(browser.performance.now() - start);
  try {
    const answer = await browser.fetch(path, { cache: "no-cache", signal: AbortSignal.timeout(PATIENCE) });
    const text = await answer.text();
    return { ok: answer.ok, code: answer.status, text, milliseconds: since() };
  } catch {
    return { ok: false, milliseconds: since() };
  }
}

export const said = ({ ok, code, milliseconds }) =>
  ok ? `${milliseconds} ms` : `${code ? `failed (${code})` : "no answer"}, ${milliseconds} ms`;

/** Compares two answers for one resource. */
export function compared(snapshot, api) {
  if (!snapshot.ok || !api.ok) return "not compared";
  return snapshot.text === api.text ? "same bytes" : "different bytes";
}
