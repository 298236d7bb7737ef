import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { load } from "../../site/assets/data.js";

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
const hanging = (signal) =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

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
  return { fetch, localStorage, asked };
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
  assert.deepEqual([view.movers, view.status, view.origin], [movers, status, "snapshot"]);
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
    assert.deepEqual([view.movers, view.origin], [movers, "api"]);
  });
}

for (const [name, body] of Object.entries(wrongShapes)) {
  test(`an API answer that is ${name} is not shown either`, async () => {
    const view = await load(browser({ ...healthy, "/movers.json": body, "/movers": body }), now);
    assert.deepEqual([view.movers, view.status, view.origin], [[], status, "nowhere"]);
  });
}

test("a twin that hangs is given up after its time", async () => {
  const view = await load(browser({ ...healthy, "/movers.json": hanging }), now, { twin: 20, api: 5000 });
  assert.deepEqual([view.movers, view.origin], [movers, "api"]);
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
  assert.deepEqual([view.movers, view.origin], [movers, "api"]);
});

test("an empty twin is stale once a session is recorded", async () => {
  const view = await load(browser({ ...healthy, "/movers.json": [] }), now);
  assert.deepEqual([view.movers, view.origin], [movers, "api"]);
});

test("a stale twin is better than none", async () => {
  const stale = movers.slice(1);
  const view = await load(browser({ ...healthy, "/movers.json": stale, "/movers": failing }), now);
  assert.deepEqual([view.movers, view.origin], [stale, "snapshot"]);
});

test("a status twin past its StaleAfter is checked against the API, and old movers with it", async () => {
  const newer = {
    ...status,
    AsOf: "2026-11-23",
    NextSession: "2026-11-24",
    StaleAfter: "2026-11-25T15:05:00Z",
  };
  const won = [
    { Date: "2026-11-23", Ticker: "AAPL", PercentChange: 1.5, ClosingPrice: 270.1 },
    ...movers.slice(0, 6),
  ];
  const view = await load(browser({ ...healthy, "/status": newer, "/movers": won }), late);
  assert.deepEqual([view.status, view.movers, view.origin], [newer, won, "api"]);
});

test("a late status stays where the API has none", async () => {
  const view = await load(browser({ ...healthy, "/status": failing }), late);
  assert.deepEqual([view.status, view.origin], [status, "snapshot"]);
});

for (const [name, change] of Object.entries({
  "an unknown version": { SchemaVersion: 2 },
  "no source": { Source: null },
  "an unknown kind": { Source: { ...status.Source, Kind: "guessed" } },
  "no due time": { StaleAfter: null },
  "an unreadable gap": { Missing: ["yesterday"] },
  "no zone": { Exchange: {} },
})) {
  test(`a status with ${name} counts as unread`, async () => {
    const odd = { ...status, ...change };
    const view = await load(browser({ ...healthy, "/status.json": odd, "/status": odd }), now);
    assert.deepEqual([view.status, view.movers, view.origin], [null, movers, "snapshot"]);
  });
}

test("before the first session all is empty and nothing is broken", async () => {
  const none = { AsOf: null, GeneratedAt: null, StaleAfter: null, NextSession: null, Source: null };
  const first = { ...status, ...none, Expected: [], Watchlist: [] };
  const view = await load(browser({ ...healthy, "/movers.json": [], "/status.json": first }), now);
  assert.deepEqual([view.movers, view.status, view.origin], [[], first, "snapshot"]);
});

test("with everything down the last seen numbers come back, dated", async () => {
  const memory = new Map();
  await load(browser(healthy, memory), now);
  const view = await load(browser(both(down), memory), late);
  assert.deepEqual([view.movers, view.status, view.origin], [movers, status, "memory"]);
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
  "another shape": '{"movers":{}}',
  "an undated list": JSON.stringify({ movers, status }),
};

for (const [name, kept] of Object.entries(unfit)) {
  test(`with everything down and ${name} kept there is nothing to show`, async () => {
    const reader = browser(both(down));
    reader.localStorage.getItem = () => kept;
    const view = await load(reader, now);
    assert.deepEqual(view, { movers: [], status: null, origin: "nowhere", seenAt: null });
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
