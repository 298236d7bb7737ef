/** Puts what was read into the page. Text only: nothing that was fetched is ever parsed as HTML. */

import { load } from "./data.js";
import {
  ARROWS,
  day,
  direction,
  listed,
  moment,
  notices,
  percent,
  price,
  shortDay,
  story,
  usableLocale,
} from "./format.js";

const ORIGINS = {
  snapshot: "the snapshot",
  api: "the API",
  memory: "this browser",
  nowhere: "nowhere",
};
const locale = usableLocale(navigator.language);
const now = new Date();
const view = await load(window, now);
const status = view.status;
const place = { locale, exchangeZone: status?.Exchange.TimeZone ?? "America/New_York" };

showBanner(notices(view, now, place));
showWinner(view.movers[0]);
showFreshness();
showSessions(view.movers.slice(0, 7));

function showBanner(found) {
  const words = found.flatMap(({ title, text }) => [element("strong", `${title}.`), ` ${text} `]);
  at("banner").dataset.tone = found[0].tone;
  at("banner").replaceChildren(...words);
}

function showWinner(mover) {
  if (!mover) return;
  at("ticker").textContent = mover.Ticker;
  at("move").replaceChildren(move(mover));
  at("story").textContent = story(mover, locale);
  at("session").replaceChildren(trading(mover.Date));
  at("close").textContent = price(mover.ClosingPrice, locale);
}

function showFreshness() {
  at("origin").textContent = ORIGINS[view.origin];
  if (!status) return;
  if (status.GeneratedAt) at("updated").textContent = moment(status.GeneratedAt, place);
  if (status.NextSession) at("next").replaceChildren(trading(status.NextSession));
  if (status.Watchlist.length) at("watchlist").textContent = listed(status.Watchlist);
  if (status.Source) at("source").textContent = `${status.Source.Provider} (${status.Source.Kind})`;
}

function showSessions(movers) {
  at("movers").replaceChildren(...movers.map(row));
}

function row(mover) {
  const date = element("th", trading(mover.Date, shortDay));
  date.scope = "row";
  const cells = [mover.Ticker, move(mover), price(mover.ClosingPrice, locale)];
  return element("tr", date, ...cells.map((content) => element("td", content)));
}

function move({ PercentChange }) {
  const arrow = element("span", ARROWS[direction(PercentChange)]);
  arrow.ariaHidden = "true";
  const chip = element("span", arrow, ` ${percent(PercentChange, locale)}`);
  chip.className = `move ${direction(PercentChange)}`;
  return chip;
}

function trading(date, written = day) {
  const time = element("time", written(date, locale));
  time.dateTime = date;
  return time;
}

function element(tag, ...content) {
  const made = document.createElement(tag);
  made.append(...content);
  return made;
}

function at(id) {
  return document.getElementById(id);
}
