// SPDX-License-Identifier: MIT
// Questions to Python that are answered later, in any order: each has a number, and its answer has the same. Several
// views may hear the answers to all of them, so each view begins to count somewhere else.

const MOST = 2 ** 20; // questions of one view

export class Questions {
  constructor() {
    this.waiting = new Map();
    this.ended = "";
    this.asked = crypto.getRandomValues(new Uint32Array(1))[0] * MOST;
  }

  /** Send a question with its number; gives what the answer will be. */
  ask(send) {
    this.asked += 1;
    const id = this.asked;
    return new Promise((resolve, reject) => {
      if (this.ended) reject(new Error(this.ended));
      this.waiting.set(id, { resolve, reject });
      send(id);
    });
  }

  /** Take an answer; a fault is why there is none. */
  answer(id, value, fault) {
    const question = this.waiting.get(id);
    this.waiting.delete(id);
    if (fault) question?.reject(new Error(fault));
    else question?.resolve(value);
  }

  /** Nobody will answer any more. */
  end(fault) {
    this.ended = fault;
    for (const id of [...this.waiting.keys()]) this.answer(id, null, fault);
  }
}
