/** How the pages write dates and times, for every reader: as `ingest/daily/words.py`. No DOM. */

const LOCALE = "en-US";
const formats = {}; // slow to make
export const format = (type, options) => (formats[type + JSON.stringify(options)] ??= new Intl[type](LOCALE, options));

export const dated = (options) => (date) =>
  format("DateTimeFormat", { month: "short", day: "numeric", timeZone: "UTC", ...options }).format(new Date(date));
export const longDay = dated({ weekday: "long", month: "long", year: "numeric" });
export const fullDay = dated({ weekday: "short", year: "numeric" });
export const shortDay = dated({ weekday: "short" });
export const weekday = dated({ weekday: "long", month: undefined, day: undefined });
export const monthDay = dated({});

export const time = (instant, timeZone) =>
  format("DateTimeFormat", { timeZone, hour: "numeric", minute: "2-digit" })
    .format(new Date(instant))
    .replace(/\s/g, " ");

/** An instant on each of the clocks `[name, zone]`: `May 30, 9:10 AM PT · 12:10 PM ET`. */
export function moment(instant, clocks) {
  let last;
  const written = Object.entries(clocks).map(([name, timeZone]) => {
    const date = format("DateTimeFormat", { timeZone, month: "short", day: "numeric" }).format(new Date(instant));
    const said = `${date === last ? "" : `${date}, `}${time(instant, timeZone)} ${name}`;
    last = date;
    return said;
  });
  return written.join(" · ");
}
