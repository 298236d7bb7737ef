// What CloudFront computes per request and nginx has no directive for, used by nginx_viewers.py and nginx_origins.py.
// The rules are from the CloudFront developer guide, pages Expiration and HTTPStatusCodes.

// The part of the viewer's query string that the cache policy allows, such as "?days=7", or "".
function query(r) {
  const policy = r.variables.query_policy.split(" ");
  const listed = (part) => policy.indexOf(part.split("=")[0], 1) > 0;
  const fits = {
    none: () => false,
    all: () => true,
    whitelist: listed,
    allExcept: (part) => !listed(part),
  }[policy[0]];
  const kept = (r.variables.args || "").split("&").filter((part) => part !== "" && fits(part));
  return kept.length > 0 ? "?" + kept.join("&") : "";
}

// How many seconds the cache may keep the response; 0 for not at all.
function life(r) {
  const policy = r.variables.cache_policy.split(" ").map(Number);
  const least = policy[0],
    normal = policy[1],
    most = policy[2];
  const directives = r.variables.upstream_http_cache_control || "";
  const asked = Math.min(askedLife(r, directives), most);
  if (r.status >= 400) {
    return String(Math.max(asked || 0, JSON.parse(r.variables.error_seconds)[r.status] || 0));
  }
  if (/no-store|no-cache|private/i.test(directives)) {
    return String(least);
  }
  return String(Math.max(least, Number.isNaN(asked) ? normal : asked));
}

// The lifetime in the origin's headers, in seconds; NaN if there is none.
function askedLife(r, directives) {
  const age = /s-maxage=(\d+)/i.exec(directives) || /max-age=(\d+)/i.exec(directives);
  const expires = r.variables.upstream_http_expires;
  return age ? Number(age[1]) : Math.floor((Date.parse(expires) - Date.now()) / 1000);
}

// When the request to the origin began, in milliseconds since 1970.
function askedAt(r) {
  return String(Math.floor(Date.now() - 1000 * r.variables.request_time));
}

// The age of a response from the cache, in seconds; empty for one from the origin.
function age(r) {
  const cached = /HIT|STALE|UPDATING/.test(r.variables.upstream_cache_status);
  return cached ? String(Math.floor((Date.now() - r.variables.upstream_http_x_asked_at) / 1000)) : "";
}

// A 204 has no body, even if the origin sends a length.
function dropLengthOfNothing(r) {
  if (r.status === 204) {
    delete r.headersOut["Content-Length"];
  }
}

// Passes the request to a CloudFront function, then sends the response or continues with the request that it returns.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html
function run(r, handler) {
  const event = { version: "1.0", context: { eventType: "viewer-request" }, viewer: { ip: r.remoteAddress } };
  const result = handler(Object.assign(event, { request: asked(r) }));
  if (result.statusCode) {
    respond(r, result);
    return;
  }
  r.variables.asked = result.uri;
  r.variables.args = writtenQuery(result.querystring);
  r.internalRedirect(`@${r.variables.behaviour}`);
}

function asked(r) {
  const headers = {};
  for (const name in r.headersIn) {
    headers[name.toLowerCase()] = { value: r.headersIn[name] };
  }
  return {
    method: r.method,
    uri: r.variables.asked,
    querystring: readQuery(r.variables.args || ""),
    headers,
    cookies: {},
  };
}

// AWS doesn't document whether CloudFront adds the policy's headers here, so only the function's own are sent.
function respond(r, response) {
  for (const name in response.headers) {
    r.headersOut[name] = response.headers[name].value;
  }
  r.headersOut["X-Cache"] = "FunctionGeneratedResponse from cloudfront";
  r.return(response.statusCode, response.body || "");
}

function readQuery(text) {
  const query = Object.create(null);
  const parts = text.split("&").filter((part) => part !== "");
  parts.forEach((part) => {
    const name = part.split("=")[0];
    const value = { value: part.slice(name.length + 1) };
    const first = query[name];
    query[name] = first ? { value: first.value, multiValue: (first.multiValue || [first]).concat(value) } : value;
  });
  return query;
}

function writtenQuery(query) {
  const values = (name) => query[name].multiValue || [query[name]];
  const parts = Object.keys(query).map((name) => values(name).map((each) => `${name}=${each.value}`));
  return [].concat.apply([], parts).join("&");
}

export default { query, life, askedAt, age, dropLengthOfNothing, run };
