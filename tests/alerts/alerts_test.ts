import { deepEqual, equal, match, ok } from "node:assert/strict";
import { type Alert, alertMessage, atomFeed, postAlert, runCommandHook, sendAlert } from "../../lib/alerts/mod.ts";

const alert: Alert = {
  ...{
    id: "regression/1/fcdl n2 accuracy",
    kind: "regression",
    at: Date.parse("2026-11-26T03:10:00Z"),
    suite: "quick",
  },
  execution: "01",
  title: "fcdl is worse: accuracy <n2> & more",
  details: ["From 0.93 to 0.84 ]]> \u001b[31m"],
  path: "/suites/quick?x=1&y=2",
};
const message = alertMessage(alert, "http://localhost:8000");

/** A server that answers with these in turn, and what it was sent. */
async function withServer<T>(
  answers: readonly (Response | "hang")[],
  act: (url: string, got: { body: unknown; type: string | null }[]) => Promise<T>,
): Promise<T> {
  const got: { body: unknown; type: string | null }[] = [];
  const left = [...answers];
  const hung = Promise.withResolvers<Response>();
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    got.push({ body: await request.json(), type: request.headers.get("content-type") });
    const answer = left.shift() ?? new Response(null, { status: 500 });
    return answer === "hang" ? hung.promise : answer;
  });
  try {
    return await act(`http://127.0.0.1:${server.addr.port}/hook`, got);
  } finally {
    hung.resolve(new Response());
    await server.shutdown();
  }
}

function options(url: string, waits: number[] = []) {
  const pause = (ms: number) => {
    waits.push(ms);
    return Promise.resolve();
  };
  return { url, attempts: 5, signal: new AbortController().signal, pause };
}

function status(code: number, headers: Record<string, string> = {}): Response {
  return new Response(code === 204 ? null : "text", { status: code, headers });
}

Deno.test("postAlert posts JSON, and tries again, ever later, while the server fails", async () => {
  const waits: number[] = [];
  await withServer([status(503), status(429, { "retry-after": "30" }), status(500), status(204)], async (url, got) => {
    deepEqual(await postAlert(message, options(url, waits)), { isDelivered: true, attempts: 4 });
    deepEqual(got[0], { body: { ...message }, type: "application/json" });
    equal(got.length, 4);
  });
  deepEqual(waits, [1000, 30_000, 16_000]);
  deepEqual(message.link, "http://localhost:8000/suites/quick?x=1&y=2");
  equal(message.at, "2026-11-26T03:10:00.000Z");
});

Deno.test("postAlert gives up after its tries, and at once where trying again is no use", async () => {
  await withServer([], async (url) => {
    deepEqual(await postAlert(message, { ...options(url), attempts: 2 }), {
      ...{ isDelivered: false, attempts: 2 },
      error: "the webhook answered 500, expected a status from 200 to 299",
    });
  });
  await withServer([status(404)], async (url, got) => {
    equal((await postAlert(message, options(url))).attempts, 1);
    equal(got.length, 1);
  });
  await withServer([status(302, { location: "http://127.0.0.1:1/" })], async (url) => {
    match(JSON.stringify(await postAlert(message, options(url))), /answered 302/);
  });
});

Deno.test("postAlert tries again when nobody listens or answers, until it is told to stop", async () => {
  const closed = await withServer([], (url) => Promise.resolve(url));
  const refused = await postAlert(message, { ...options(closed), attempts: 3 });
  equal(refused.attempts, 3);
  await withServer(["hang", status(200)], async (url) => {
    deepEqual(await postAlert(message, { ...options(url), timeoutMs: 50 }), { isDelivered: true, attempts: 2 });
  });
  const stop = new AbortController();
  const pause = () => Promise.resolve(stop.abort());
  const stopped = await postAlert(message, { ...options(closed), signal: stop.signal, pause });
  deepEqual([stopped.isDelivered, stopped.attempts], [false, 1]);
});

Deno.test("runCommandHook hands an alert to a program's input, without a shell", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const file = `${folder}/got $(x).json`;
    const script = `await Deno.writeFile(Deno.args[0], await new Response(Deno.stdin.readable).bytes())`;
    await Deno.writeTextFile(`${folder}/hook.ts`, script);
    const command = [Deno.execPath(), "run", "--no-config", "--allow-write", `${folder}/hook.ts`, file];
    deepEqual(await runCommandHook(message, { command }), { isDelivered: true, attempts: 1 });
    deepEqual(JSON.parse(await Deno.readTextFile(file)), message);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("runCommandHook says how a program failed, and ends one that does not", async () => {
  const evaluated = (code: string) => [Deno.execPath(), "eval", code];
  const failed = async (command: readonly string[], timeoutMs = 60_000) => {
    const delivery = await runCommandHook(message, { command, timeoutMs });
    return delivery.isDelivered ? "" : delivery.error;
  };
  equal(
    await failed(evaluated('console.error("first\\nno \\u001b[1mmail"); Deno.exit(3)')),
    "the command ended with exit code 3: no \\u{1b}[1mmail",
  );
  equal(
    await failed(evaluated("await new Promise((r) => setTimeout(r, 1e5))"), 300),
    "the command did not end within 300 ms",
  );
  match(await failed(["/nowhere/to be found"]), /^the command cannot be run: /);
});

Deno.test("sendAlert tells everybody there is, and says who could not be told", async () => {
  const { signal, pause } = options("");
  deepEqual(await sendAlert(alert, { targets: {}, origin: null, signal, pause }), []);
  await withServer([status(403)], async (url) => {
    const targets = { webhook: { url, attempts: 2 }, command: ["/nowhere/to be found"] };
    const failures = await sendAlert(alert, { targets, origin: null, signal, pause });
    equal(failures.length, 2);
    match(failures[0]!, /^Cannot send alert "fcdl is worse.*answered 403, .*; tries: 1$/);
  });
});

Deno.test("atomFeed is well-formed, the newest first, with text that is safe in HTML and XML", () => {
  const later: Alert = {
    ...alert,
    id: "2",
    kind: "failed run",
    at: alert.at + 1,
    title: "later",
    details: [],
    path: null,
  };
  const feedOptions = {
    origin: "http://localhost:8000",
    path: "/suites/quick/alerts.atom",
    title: "Alerts of suite quick",
  };
  const text = atomFeed([alert, later], feedOptions);
  equal(text, atomFeed([later, alert], feedOptions));
  ok(text.indexOf("urn:fcdl-bench:alert:2") < text.indexOf("urn:fcdl-bench:alert:regression%2F1"));
  ok(text.startsWith('<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'));
  match(text, /<updated>2026-11-26T03:10:00\.001Z<\/updated>/);
  match(text, /<title type="html"><!\[CDATA\[fcdl is worse: accuracy &lt;n2&gt; &amp; more\]\]><\/title>/);
  match(text, /<category term="failed run"\/>/);
  match(text, /<link href="http:\/\/localhost:8000\/suites\/quick\?x=1&amp;y=2"\/>/);
  match(text, /<link rel="self" href="http:\/\/localhost:8000\/suites\/quick\/alerts\.atom"\/>/);
  // deno-lint-ignore no-control-regex -- XML has no way to write them.
  equal(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(text), false);
  // What ends a CDATA section is no text in it.
  equal(text.split("<![CDATA[").slice(1).every((part) => part.includes("]]>")), true);
  match(atomFeed([], feedOptions), /<updated>1970-01-01T00:00:00\.000Z<\/updated>/);
});
