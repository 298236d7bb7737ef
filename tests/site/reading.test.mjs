import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { also, freshness, HISTORY, MOVERS, load as read, session } from "../../site/assets/market.js";
import { ticker } from "../../site/assets/sessions.js";

const load = (browser, now, patience) => read(browser, now, MOVERS, patience);
const sample = (name) => JSON.parse(readFileSync(new URL(`../fixtures/site/${name}.json`, import.meta.url)));
const movers = sample("movers");
const status = sample("status");
const now = new Date("2026-11-23T16:00:00Z");
const late = new Date("2026-11-24T16:00:00Z");
const healthy = { "/movers.json": movers, "/movers": movers, "/status.json": status, "/status": status };

const down = () => Promise.reject(new TypeError("Failed to fetch"));
const missing = () => new Response('{"error":"no such resource"}', { status: 404 });
const failing = () => new Response('{"error":"Internal server error"}', { status: 500 });
const truncated = () => new Response('[{"Date":"2026-11-20","Tick');
const hanging = (signal) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

/** A browser with the given answers (bodies, or functions that answer), a memory, and a list of what it asked. */
function browser(answers, memory = new Map()) {
  const asked = [];
  const fetch = async (path, { signal }) => {
    asked.push(path);
    const answer = answers[path] ?? missing;
    return typeof answer === "function" ? answer(signal) : Response.json(answer);
  };
  const localStorage = {
    getItem: (key) => memory.get(key) ?? null,
    setItem: (key, value) => memory.set(key, value),
  };
  return { fetch, localStorage, asked, navigator: { onLine: true } };
}

const quick = { twin: 20, api: 20 };
const both = (answer) => ({
  "/movers.json": answer,
  "/movers": answer,
  "/status.json": answer,
  "/status": answer,
});

test("good twins are shown and the API is left in peace", async () => {
  const reader = browser(healthy);
  const view = await load(reader, now);
  assert.deepEqual([view.body, view.status, view.origin], [movers, status, "snapshot"]);
  assert.deepEqual(reader.asked.sort(), ["/movers.json", "/status.json"]);
});

const wrongShapes = {
  "an error object": { error: "Internal server error" },
  "a document around the list": { movers },
  "an entry without a ticker": [{ ...movers[0], Ticker: undefined }],
  "a number written as text": [{ ...movers[0], PercentChange: "-6.84" }],
  "an unreadable date": [{ ...movers[0], Date: "2026-13-45" }],
  "an instant in place of a date": [{ ...movers[0], Date: "2026-11-20T00:00:00Z" }],
  "the oldest first": movers.toReversed(),
  "an empty entry": [null],
};

const unusable = { "is missing": missing, fails: failing, "is unreachable": down, "is truncated": truncated };
for (const [name, body] of Object.entries(wrongShapes)) unusable[`is ${name}`] = () => Response.json(body);

for (const [name, answer] of Object.entries(unusable)) {
  test(`a movers twin that ${name} is replaced by the API's answer`, async () => {
    const view = await load(browser({ ...healthy, "/movers.json": answer }), now);
    assert.deepEqual([view.body, view.origin], [movers, "api"]);
  });
}

for (const [name, body] of Object.entries(wrongShapes)) {
  test(`an API answer that is ${name} is not shown either`, async () => {
    const view = await load(browser({ ...healthy, "/movers.json": body, "/movers": body }), now);
    assert.deepEqual([view.body, view.status, view.origin], [null, status, "nowhere"]);
  });
}

test("a twin that hangs is given up after its time", async () => {
  const view = await load(browser({ ...healthy, "/movers.json": hanging }), now, { twin: 20, api: 5000 });
  assert.deepEqual([view.body, view.origin], [movers, "api"]);
});

test("a hanging status twin is replaced too, and movers stay from the snapshot", async () => {
  const view = await load(browser({ ...healthy, "/status.json": hanging }), now, { twin: 20, api: 5000 });
  assert.deepEqual([view.status, view.origin], [status, "snapshot"]);
});

test("a body that never ends is given up like a missing one", async () => {
  const endless = (signal) =>
    new Response(
      new ReadableStream({
        start: (stream) => signal.addEventListener("abort", () => stream.error(signal.reason)),
      }),
    );
  const view = await load(browser({ ...healthy, "/movers.json": endless }), now, { twin: 20, api: 5000 });
  assert.equal(view.origin, "api");
});

test("a twin older than AsOf is stale and the API is asked", async () => {
  const view = await load(browser({ ...healthy, "/movers.json": movers.slice(1) }), now);
  assert.deepEqual([view.body, view.origin], [movers, "api"]);
});

test("an empty twin is stale once a session is recorded", async () => {
  const view = await load(browser({ ...healthy, "/movers.json": [] }), now);
  assert.deepEqual([view.body, view.origin], [movers, "api"]);
});

test("a stale twin is better than none", async () => {
  const stale = movers.slice(1);
  const view = await load(browser({ ...healthy, "/movers.json": stale, "/movers": failing }), now);
  assert.deepEqual([view.body, view.origin], [stale, "snapshot"]);
});

test("a status twin past its StaleAfter is checked against the API, and old movers with it", async () => {
  const newer = {
    ...status,
    AsOf: "2026-11-23",
    NextSession: "2026-11-24",
    StaleAfter: "2026-11-25T15:05:00Z",
  };
  const won = [{ Date: "2026-11-23", Ticker: "AAPL", PercentChange: 1.5, ClosingPrice: 270.1 }, ...movers.slice(0, 6)];
  const view = await load(browser({ ...healthy, "/status": newer, "/movers": won }), late);
  assert.deepEqual([view.status, view.body, view.origin], [newer, won, "api"]);
});

test("a late status stays where the API has none", async () => {
  const view = await load(browser({ ...healthy, "/status": failing }), late);
  assert.deepEqual([view.status, view.origin], [status, "snapshot"]);
});

for (const [name, change] of Object.entries({
  "an unknown version": { SchemaVersion: 2 },
  "no source": { Source: null },
  "a clock that is no number": { Source: { ...status.Source, ClockOffsetSeconds: "0" } },
  "an unknown kind": { Source: { ...status.Source, Kind: "guessed" } },
  "no due time": { StaleAfter: null },
  "an unreadable gap": { Missing: ["yesterday"] },
  "no zone": { Exchange: {} },
})) {
  test(`a status with ${name} counts as unread`, async () => {
    const odd = { ...status, ...change };
    const view = await load(browser({ ...healthy, "/status.json": odd, "/status": odd }), now);
    assert.deepEqual([view.status, view.body, view.origin], [null, movers, "snapshot"]);
  });
}

test("before the first session all is empty and nothing is broken", async () => {
  const none = { AsOf: null, GeneratedAt: null, StaleAfter: null, NextSession: null, Source: null };
  const first = { ...status, ...none, Expected: [], Watchlist: [] };
  const view = await load(browser({ ...healthy, "/movers.json": [], "/status.json": first }), now);
  assert.deepEqual([view.body, view.status, view.origin], [[], first, "snapshot"]);
});

test("with everything down the last seen numbers come back, dated", async () => {
  const memory = new Map();
  await load(browser(healthy, memory), now);
  const view = await load(browser(both(down), memory), late);
  assert.deepEqual([view.body, view.status, view.origin], [movers, status, "memory"]);
  assert.equal(view.seenAt, now.toISOString());
});

test("what hangs everywhere ends in the last seen numbers", async () => {
  const memory = new Map();
  await load(browser(healthy, memory), now);
  assert.equal((await load(browser(both(hanging), memory), now, quick)).origin, "memory");
});

test("last seen movers are judged by today's status where that can be read", async () => {
  const memory = new Map();
  await load(browser(healthy, memory), now);
  const newer = { ...status, AsOf: "2026-11-23" };
  const view = await load(browser({ ...both(down), "/status.json": newer }, memory), now);
  assert.deepEqual([view.status, view.origin], [newer, "memory"]);
});

const unfit = {
  nothing: null,
  "no JSON": "{",
  "another shape": JSON.stringify({ path: "/movers", body: {}, seenAt: now }),
  "another resource": JSON.stringify({ path: "/movers/2026-11-20", body: movers, seenAt: now }),
  "an undated list": JSON.stringify({ path: "/movers", body: movers, status }),
};

for (const [name, kept] of Object.entries(unfit)) {
  test(`with everything down and ${name} kept there is nothing to show`, async () => {
    const reader = browser(both(down));
    reader.localStorage.getItem = () => kept;
    const view = await load(reader, now);
    assert.deepEqual(view, { body: null, status: null, origin: "nowhere", online: true, now });
  });
}

test("a browser that refuses storage still shows the page", async () => {
  const refused = (answers) => ({
    fetch: browser(answers).fetch,
    get localStorage() {
      throw new DOMException("The operation is insecure.", "SecurityError");
    },
  });
  assert.equal((await load(refused(healthy), now)).origin, "snapshot");
  assert.equal((await load(refused(both(down)), now)).origin, "nowhere");
});

const bar = { Open: 100, High: 103, Low: 99, Close: 102, Volume: 1000, PercentChange: 2 };
const [latest] = movers;
const bars = [{ Ticker: latest.Ticker, ...bar }];
const document = { ...latest, Bars: bars };
const past = { Ticker: "TSLA", Sessions: [{ Date: "2026-11-20", ...bar, Won: true }] };
const documents = {
  session: [
    session(latest.Date),
    document,
    [{ ...document, Date: "2026-11-19" }, { ...latest }, { ...document, Bars: [bar] }],
  ],
  ticker: [ticker("TSLA"), past, [{ ...past, Ticker: "AAPL" }, { Ticker: "TSLA" }, { ...past, Sessions: [bar] }]],
  history: [HISTORY, movers, [movers.toReversed(), {}]],
};

for (const [name, [resource, whole, broken]] of Object.entries(documents)) {
  test(`a ${name} is read like the movers, and no other shape is taken for one`, async () => {
    const at = (body) => browser({ ...healthy, [`${resource.path}.json`]: body, [resource.path]: body });
    assert.deepEqual((await read(at(whole), now, resource)).body, whole);
    assert.deepEqual(await also(at(whole), resource), whole);
    for (const body of broken) {
      assert.equal((await read(at(body), now, resource)).origin, "nowhere", JSON.stringify(body));
      assert.equal(await also(at(body), resource), null);
    }
  });
}

test("what the API does not know is missing, not unreadable", async () => {
  const view = await read(browser(healthy), now, session("2026-11-21"));
  assert.deepEqual([view.body, view.status, view.origin], [null, status, "missing"]);
});

test("nor is what the API refuses, such as a ticker that no exchange of this stage could have", async () => {
  const refused = () => Response.json({ error: "A ticker is …" }, { status: 400 });
  const view = await read(browser({ ...healthy, "/tickers/BRK.B": refused }), now, ticker("BRK.B"));
  assert.deepEqual([view.body, view.origin], [null, "missing"]);
});

test("a ticker with a sign is asked for by its twin's address, and remembered", async () => {
  const memory = new Map();
  const mahindra = { Ticker: "M&M", Sessions: [{ Date: "2026-11-20", ...bar, Won: true }] };
  const reader = browser({ ...healthy, "/tickers/M%26M.json": mahindra }, memory);
  assert.deepEqual((await read(reader, now, ticker("M&M"))).body, mahindra);
  assert.deepEqual(reader.asked.sort(), ["/status.json", "/tickers/M%26M.json"]);
  const gone = { ...both(down), "/tickers/M%26M.json": down, "/tickers/M%26M": down };
  assert.equal((await read(browser(gone, memory), now, ticker("M&M"))).origin, "memory");
});

test("a session that was seen comes back, but not in place of another one", async () => {
  const memory = new Map();
  const seen = { ...healthy, [`/movers/${latest.Date}.json`]: document };
  const gone = { ...both(down), [`/movers/${latest.Date}.json`]: down, [`/movers/${latest.Date}`]: down };
  const other = { ...both(down), "/movers/2026-11-19.json": down, "/movers/2026-11-19": down };
  await read(browser(seen, memory), now, session(latest.Date));
  assert.equal((await read(browser(gone, memory), now, session(latest.Date))).origin, "memory");
  assert.equal((await read(browser(other, memory), now, session("2026-11-19"))).origin, "nowhere");
});

test("each kind of page has one slot, so that the memory stays small", async () => {
  const memory = new Map();
  for (const date of ["2026-11-19", "2026-11-20"]) {
    const answers = { ...healthy, [`/movers/${date}.json`]: { ...document, Date: date } };
    await read(browser(answers, memory), now, session(date));
  }
  await load(browser(healthy, memory), now);
  assert.equal(memory.size, 2);
});

test("a view tells whether the browser is on line and whether a session is still to come", async () => {
  const reader = browser({ ...healthy, "/movers": failing, "/movers.json": movers.slice(1) });
  reader.navigator.onLine = false;
  const view = await load(reader, now);
  assert.deepEqual([view.online, view.behind], [false, true]);
});

const served = (body, headers) => () => Response.json(body, { headers });

test("a body is known by its ETag, as strong or weak as the CDN makes it", async () => {
  for (const ETag of ['"abc"', 'W/"abc"']) {
    const view = await load(browser({ ...healthy, "/movers.json": served(movers, { ETag }) }), now);
    assert.equal(view.made, "abc");
  }
  assert.equal((await load(browser(healthy), now)).made, "");
});

test("a clock that is far from the server's is not believed, one that is a bit off is", async () => {
  const by = async (clock) => {
    const twin = served(status, { Date: "Mon, 23 Nov 2026 16:00:00 GMT" });
    return (await load(browser({ ...healthy, "/status.json": twin, "/status": twin }), new Date(clock))).now;
  };
  for (const wrong of ["2016-11-23T16:00:00Z", "2026-11-23T22:00:01Z", "2026-11-23T09:59:59Z"]) {
    assert.deepEqual(await by(wrong), now);
  }
  const right = "2026-11-23T21:59:59Z";
  assert.deepEqual(await by(right), new Date(right));
});

test("by a clock that stands years ahead, data on time are on time, and the API is left in peace", async () => {
  const twin = served(status, { Date: "Mon, 23 Nov 2026 16:00:00 GMT" });
  const reader = browser({ ...healthy, "/status.json": twin });
  const view = await load(reader, new Date("2036-01-01T00:00:00Z"));
  assert.equal(freshness(view.status, view.now), "current");
  assert.deepEqual(reader.asked.sort(), ["/movers.json", "/status.json"]);
});

test("a browser without AbortSignal.timeout waits no longer than another one", async () => {
  const { timeout } = AbortSignal;
  try {
    delete AbortSignal.timeout;
    const view = await load(browser({ ...healthy, "/movers.json": hanging }), now, { twin: 20, api: 5000 });
    assert.deepEqual([view.body, view.origin], [movers, "api"]);
  } finally {
    AbortSignal.timeout = timeout;
  }
});
