// Runs at the CDN, before its cache. It answers preflights and malformed requests itself, in the API's own words, and
// normalizes the rest, so that no variant of a request gets past the cache. CloudFront and nginx's njs both run this
// file, so it uses only JavaScript that both support.

// Filled in at deployment from routes, headers and market: `request_code` in infra/site.py.
const GIVEN = {};

const CORS = headers(GIVEN.cors);
const ERROR = headers(
  Object.assign({ "Cache-Control": "no-store", "Content-Type": "application/json" }, GIVEN.security),
);
const PREFLIGHT = headers({
  "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
  "Access-Control-Allow-Headers": "*",
  "Access-Control-Max-Age": "86400",
});
const FILES = GIVEN.files.concat(["openapi.json"]);

// Every path that may mean data, even with repeated slashes or dot segments: the CDN resolves these when it chooses a
// behavior, but sends the path to the origin as written. All other paths are pages.
const NAMES = GIVEN.resources.concat(Object.keys(GIVEN.parameters), GIVEN.files).join("|").replace(/\./g, "\\.");
const DATA = new RegExp(`^/+(${NAMES})(%2[Ff]|/|$)|\\.json/*$|/\\.\\.?(/|$)`);

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
  // A resource's path may end in a slash, a file's may not.
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
  const parts = /^([^/]*)\/([^/]*)$/.exec(resource);
  const parameter = parts && Object.keys(GIVEN.parameters).includes(parts[1]) && GIVEN.parameters[parts[1]];
  if (parameter) {
    return parameter === "date" ? wrongDate(parts[2]) : wrongTicker(parts[2]);
  }
  return GIVEN.resources.includes(resource) || FILES.includes(name)
    ? undefined
    : error(404, `There is no such resource; try ${GIVEN.list}`);
}

function wrongDate(text) {
  const date = new Date(isWhole(/\d{4}-\d{2}-\d{2}/, text) && text >= "0001" ? text : NaN);
  // Date parses February 30 as March 2.
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text)
    ? undefined
    : error(400, "The date must be a calendar date, YYYY-MM-DD");
}

function wrongTicker(text) {
  return isWhole(new RegExp(GIVEN.ticker), text) ? undefined : error(400, `A ticker is ${GIVEN.spelling}`);
}

function wrongDays(text) {
  return text === undefined || (isWhole(/[0-9]{1,3}/, text) && text >= 1 && text <= GIVEN.maxDays)
    ? undefined
    : error(400, `days must be a whole number from 1 to ${GIVEN.maxDays}`);
}

// The last of several, as API Gateway does.
function lastDays(querystring) {
  const days = querystring.days;
  return days && decoded([days].concat(days.multiValue || []).pop().value);
}

// In CloudFront's form.
function headers(values) {
  const named = {};
  Object.keys(values).forEach((name) => {
    named[name.toLowerCase()] = { value: values[name] };
  });
  return named;
}

// In njs, `$` also matches before a final line feed.
function isWhole(pattern, text) {
  const found = pattern.exec(text);
  return found !== null && found[0].length === text.length;
}

// All valid names are ASCII, so what stays encoded is malformed. An encoded slash stays encoded: it separates nothing.
function decoded(text) {
  return text.replace(/%(?!2f)([0-7][0-9a-f])/gi, (_, code) => String.fromCharCode(parseInt(code, 16)));
}

function error(status, message) {
  return { statusCode: status, headers: Object.assign({}, CORS, ERROR), body: JSON.stringify({ error: message }) };
}
