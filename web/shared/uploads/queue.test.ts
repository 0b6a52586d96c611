import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { Pace } from "./pace";
import { Queue } from "./queue";
import { Records } from "./records";
import { Turn } from "./tabs";

let sent = 0;

/** A browser's request to a server that never answers. */
class SilentRequest extends EventTarget {
  readonly upload = new EventTarget();
  readonly status = 0;
  readonly responseText = "";
  timeout = 0;

  open(): void {
    sent += 1;
  }

  setRequestHeader(): void {
    // a silent server reads none
  }

  send(): void {
    // and answers nothing
  }

  abort(): void {
    this.dispatchEvent(new Event("loadend"));
  }
}

beforeEach(() => {
  sent = 0;
  const location = new URL("https://media.example.com/u/t");
  vi.stubGlobal("location", location);
  vi.stubGlobal("window", Object.assign(new EventTarget(), { location }));
  vi.stubGlobal("navigator", { onLine: true }); // plain http beyond this machine: no Web Locks
  vi.stubGlobal("XMLHttpRequest", SilentRequest);
});

afterEach(() => {
  vi.unstubAllGlobals();
});

async function newQueue(pace: Pace, turn: Turn, place: string): Promise<Queue> {
  const endpoint = "/u/t/files/";
  return new Queue({
    target: { endpoint, headers: {}, appendBytes: null, direct: null },
    place,
    records: await Records.open(endpoint),
    limits: { maxFileBytes: null, filesLeft: null, bytesLeft: null, extensions: [] },
    pace,
    turn,
  });
}

async function sendOne(queue: Queue, name: string): Promise<void> {
  queue.add([{ file: new File(["frame"], name, { lastModified: 1 }), path: name }]);
  await vi.waitFor(
    () => {
      expect(queue.items.map(({ state }) => state)).toEqual(["sending"]);
    },
    { timeout: 20_000 },
  );
}

test("where the turn is here at once, a piece is begun once", async () => {
  const [pace, turn] = [new Pace(3), new Turn()];
  const queue = await newQueue(pace, turn, "one");

  await sendOne(queue, "a.mov");

  expect([sent, pace.running]).toEqual([1, 1]);
  queue.forAll((item) => queue.cancel(item));
  expect([pace.running, turn.isMine]).toEqual([0, false]);
});

test("the turn stays with its page until the last of its queues rests", async () => {
  const [pace, turn] = [new Pace(3), new Turn()];
  const [first, second] = [await newQueue(pace, turn, "one"), await newQueue(pace, turn, "two")];
  await sendOne(first, "a.mov");
  await sendOne(second, "b.mov");

  first.forAll((item) => first.cancel(item));
  expect(turn.isMine).toBe(true);

  second.forAll((item) => second.cancel(item));
  expect([turn.isMine, pace.running]).toEqual([false, 0]);
});
