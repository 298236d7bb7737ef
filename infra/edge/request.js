// Runs at the CDN, before its cache. It answers what needs no origin: preflights, and questions that are wrong by their
// form, in the API's own words. What it lets through has one spelling, so that no variant of it gets past the cache.
// CloudFront and nginx's njs run this same file, which is why it keeps to the JavaScript that both know.

const CORS = {
  "access-control-allow-origin": { value: "*" },
  "access-control-expose-headers": { value: "ETag, Date, Age, Retry-After" },
};
const ERROR = {
  "cache-control": { value: "no-store" },
  "content-security-policy": { value: "default-src 'none'; frame-ancestors 'none'; sandbox" },
  "content-type": { value: "application/json" },
  "strict-transport-security": { value: "max-age=63072000" },
  "x-content-type-options": { value: "nosniff" },
};
const PREFLIGHT = {
  "access-control-allow-methods": { value: "GET, HEAD, OPTIONS" },
  "access-control-allow-headers": { value: "*" },
  "access-control-max-age": { value: "86400" },
};
const MAX_DAYS = 366;

// All that may stand for data, with repeated slashes and with dots: the CDN resolves these to choose a behaviour, but
// asks the origin for the path as it was written. The rest are pages.
const DATA = /^\/+(movers|history|tickers|status|movers\.csv|feed\.xml)(%2[Ff]|\/|$)|\.json\/*$|\/\.\.?(\/|$)/;
const RESOURCES = ["movers", "history", "status"];
const FILES = ["movers.csv", "feed.xml", "openapi.json"];

// biome-ignore lint/correctness/noUnusedVariables: CloudFront calls it
function handler(event) {
  const request = event.request;
  if (request.method === "OPTIONS") {
    return { statusCode: 204, headers: Object.assign({}, CORS, PREFLIGHT) };
  }
  const path = decoded(request.uri);
  return DATA.test(path) ? checked(request, path.slice(1)) : request;
}

function checked(request, written) {
  // A resource may end in a slash, a file may not.
  const name = /\.(json|csv|xml)\/$/.test(written) ? written : written.replace(/([^/])\/$/, "$1");
  const days = name === "movers" ? lastDays(request.querystring) : undefined;
  const wrong = wrongName(name) || wrongDays(days);
  if (wrong) {
    return wrong;
  }
  request.uri = `/${name}`;
  request.querystring = days === undefined ? {} : { days: { value: String(Number(days)) } };
  return request;
}

function wrongName(name) {
  const resource = name.replace(/\.json$/, "");
  const parts = /^(movers|tickers)\/([^/]*)$/.exec(resource);
  if (parts) {
    return parts[1] === "movers" ? wrongDate(parts[2]) : wrongTicker(parts[2]);
  }
  return RESOURCES.includes(resource) || FILES.includes(name)
    ? undefined
    : error(404, "There is no such resource; try /movers, /movers/{date}, /history, /tickers/{ticker} or /status");
}

function wrongDate(text) {
  const date = new Date(isWhole(/\d{4}-\d{2}-\d{2}/, text) && text >= "0001" ? text : NaN);
  // The 30th of February would become the 2nd of March.
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text)
    ? undefined
    : error(400, "The date must be a calendar date of the form YYYY-MM-DD");
}

function wrongTicker(text) {
  return isWhole(/[A-Za-z][A-Za-z0-9.]{0,14}/, text)
    ? undefined
    : error(400, "A ticker is a letter followed by at most 14 letters, digits and points");
}

function wrongDays(text) {
  return text === undefined || (isWhole(/[0-9]{1,3}/, text) && text >= 1 && text <= MAX_DAYS)
    ? undefined
    : error(400, `days must be a whole number from 1 to ${MAX_DAYS}`);
}

// API Gateway also takes the last of several.
function lastDays(querystring) {
  const days = querystring.days;
  return days && decoded([days].concat(days.multiValue || []).pop().value);
}

// For njs, `$` also matches before a line feed at the end.
function isWhole(pattern, text) {
  const found = pattern.exec(text);
  return found !== null && found[0].length === text.length;
}

// All names are ASCII: what is left encoded fits no form. An encoded slash separates nothing.
function decoded(text) {
  return text.replace(/%(?!2f)([0-7][0-9a-f])/gi, (_, code) => String.fromCharCode(parseInt(code, 16)));
}

function error(status, message) {
  return { statusCode: status, headers: Object.assign({}, CORS, ERROR), body: JSON.stringify({ error: message }) };
}
