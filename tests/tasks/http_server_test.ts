import assert from "node:assert/strict";
import { listenHttp } from "../../tasks/http_server.ts";

/** What a server answers to some bytes and nothing after them, and how long it took until it closed the connection. */
async function answerTo(port: number, bytes: string): Promise<{ readonly text: string; readonly ms: number }> {
  const began = performance.now();
  const connection = await Deno.connect({ port, hostname: "127.0.0.1" });
  if (bytes !== "") await connection.write(new TextEncoder().encode(bytes));
  const text = await new Response(connection.readable).text();
  return { text, ms: performance.now() - began };
}

Deno.test("listenHttp closes connections that do not send a whole request in time", async () => {
  const server = await listenHttp(() => new Response("hello"), { port: 0, host: "127.0.0.1", requestMs: 400 });
  for (const bytes of ["", "GET / HTTP/1.1\r\nHost: local", "GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: a\r\n"]) {
    const { text, ms } = await answerTo(server.port, bytes);
    assert.match(text, /^(HTTP\/1\.1 408 |$)/, bytes);
    assert.ok(ms > 300 && ms < 10_000, `${ms} ms`);
  }
  // The others are not concerned.
  assert.equal(await (await fetch(`http://127.0.0.1:${server.port}/`)).text(), "hello");
  await server.stop();
});

Deno.test("listenHttp tells a handler that its reader has left, and stops with a stream open", async () => {
  let open = 0;
  const server = await listenHttp(() => {
    open++;
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode("first")),
      cancel: () => void open--,
    });
    return new Response(body);
  }, { port: 0, host: "127.0.0.1" });
  const address = `http://127.0.0.1:${server.port}/`;
  const answer = await fetch(address);
  const reader = answer.body!.getReader();
  await reader.read();
  assert.equal(open, 1);
  await reader.cancel();
  for (let k = 0; k < 200 && open > 0; k++) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(open, 0);
  const left = await fetch(address);
  await server.stop();
  await left.text().catch(() => {});
  await assert.rejects(fetch(address));
});
