/** Tells a worker the time that the cloud goes by, as long as it is another than the wall clock's. */
export class SharedClock {
  /** Holds by how many milliseconds the cloud's clock is ahead. */
  readonly memory = new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT);
  readonly #ahead = new Float64Array(this.memory);
  readonly #now: () => Date;

  constructor(now: () => Date) {
    this.#now = now;
    this.set();
  }

  /** Tells the worker what the time is now; from here on its clock goes at the wall clock's pace. */
  set(): void {
    this.#ahead[0] = this.#now().getTime() - Date.now();
  }
}

/** Makes `Date` in this worker go by the cloud's clock. It must be called before what asks for the time is loaded. */
export function followClock(memory: SharedArrayBuffer): void {
  const ahead = new Float64Array(memory);
  const wall = Date;
  const now = () => wall.now() + (ahead[0] ?? 0);
  globalThis.Date = new Proxy(wall, {
    construct: (target, parameters, newTarget) =>
      Reflect.construct(target, parameters.length === 0 ? [now()] : parameters, newTarget),
    apply: (target) => new target(now()).toString(),
    get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver)),
  });
}
