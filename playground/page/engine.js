// The page's side of the worker: asks, waits, ends and begins anew.

/** Asks the engine; a worker that was ended is replaced, and its tables are loaded again. */
export class Engine {
  #worker = null;
  #waiting = new Map();
  #next = 0;
  /** Requests that made the tables, in order. */
  #made = [];

  #start() {
    this.#worker = new Worker("worker.js");
    this.#worker.addEventListener("message", ({ data }) => {
      const waits = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      waits?.({ ...data.answer, milliseconds: data.milliseconds });
      if (data.ended) this.stop();
    });
    this.#worker.addEventListener("error", (event) => this.stop(event.message));
    for (const request of this.#made) this.#send(request);
  }

  #send(request) {
    return new Promise((resolve) => {
      const id = this.#next++;
      this.#waiting.set(id, resolve);
      this.#worker.postMessage({ id, request });
    });
  }

  /** Answers a request. */
  ask(request) {
    if (!this.#worker) this.#start();
    if (request.do === "open") this.#made = [request];
    if (request.do === "load") this.#made.push(request);
    return this.#send(request);
  }

  /** Ends what runs; those who wait are told. */
  stop(message = "stopped") {
    this.#worker?.terminate();
    this.#worker = null;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    waiting.forEach((resolve) => resolve({ error: message, stopped: true }));
  }
}
