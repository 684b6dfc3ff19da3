// Holds the engine: takes requests as JSON, gives answers as JSON. To end a query that takes too long, the page ends the worker.
"use strict";
const load = async () => {
  const response = await fetch("kqlite.wasm");
  if (!response.ok) throw new Error(`kqlite.wasm: ${response.status}`);
  const { instance } = await WebAssembly.instantiate(await response.arrayBuffer());
  return instance.exports;
};
const engine = load();
const encoder = new TextEncoder(), decoder = new TextDecoder();

self.addEventListener("message", async ({ data: { id, request } }) => {
  try {
    const { memory, kqlite_request, kqlite_call, kqlite_answer } = await engine;
    const bytes = encoder.encode(JSON.stringify(request));
    // The memory may move while it grows: it is looked at anew after each call.
    const place = kqlite_request(bytes.length) >>> 0;
    new Uint8Array(memory.buffer, place, bytes.length).set(bytes);
    const start = performance.now();
    const length = kqlite_call() >>> 0;
    const milliseconds = performance.now() - start;
    const answer = decoder.decode(new Uint8Array(memory.buffer, kqlite_answer() >>> 0, length));
    self.postMessage({ id, answer: JSON.parse(answer), milliseconds });
  } catch (error) {
    self.postMessage({ id, answer: { error: `the engine ended: ${error.message}` }, ended: true });
  }
});
