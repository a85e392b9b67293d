import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ProtocolError } from "../src/errors.js";
import { inParts, Pager, type Page } from "../src/paging.js";

function pages(...of: number[][]): { pager: Pager<number>; asked: string[] } {
  const asked: string[] = [];
  const pager = new Pager<number>((token): Promise<Page<number>> => {
    asked.push(token);
    const index = Number(token);
    const nextPageToken = index + 1 < of.length ? String(index + 1) : "";
    return Promise.resolve({ items: of[index] ?? [], nextPageToken, totalCount: undefined });
  }, "0");
  return { pager, asked };
}

describe("Pager", () => {
  it("gives the items of all pages, empty ones in between", async () => {
    const { pager } = pages([1, 2], [], [3]);
    assert.deepEqual(await pager.toArray(), [1, 2, 3]);
    assert.deepEqual(await pager.toArray(), [1, 2, 3], "each iteration begins anew");
  });

  it("reads no page that nobody wants", async () => {
    const { pager, asked } = pages([1, 2], [3], [4]);
    assert.deepEqual(await pager.toArray(3), [1, 2, 3]);
    assert.deepEqual(asked, ["0", "1"]);
    assert.equal(await pager.first(), 1);
    assert.deepEqual(await pager.toArray(0), []);
    assert.deepEqual(asked, ["0", "1", "0"]);
  });

  it("finds out a list that never ends", async () => {
    const pager = new Pager<number>(() =>
      Promise.resolve({ items: [], nextPageToken: "same", totalCount: undefined }),
    );
    await assert.rejects(pager.toArray(), ProtocolError);
  });
});

describe("inParts", () => {
  it("asks in parts, a few at a time, and keeps the order", async () => {
    let now = 0;
    let most = 0;
    const sums = await inParts([1, 2, 3, 4, 5], 2, 2, undefined, async (part) => {
      now += 1;
      most = Math.max(most, now);
      await new Promise((resolve) => {
        setTimeout(resolve, part.length === 1 ? 1 : 10);
      });
      now -= 1;
      return part.reduce((sum, each) => sum + each, 0);
    });
    assert.deepEqual(sums, [3, 7, 5]);
    assert.equal(most, 2);
  });

  it("ends the others with the first failure", async () => {
    const failure = new Error("no");
    let aborted = 0;
    const asking = inParts([1, 2, 3, 4], 1, 2, undefined, async ([item], signal) => {
      if (item === 2) {
        throw failure;
      }
      await new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          aborted += 1;
          reject(new Error("ended"));
        });
      });
    });
    await assert.rejects(asking, failure);
    assert.equal(aborted, 1, "the third was never asked about");
  });

  it("hears its caller", async () => {
    const asking = inParts([1], 1, 1, AbortSignal.abort("enough"), () => Promise.resolve(1));
    await assert.rejects(asking, (error) => error === "enough");
  });
});
