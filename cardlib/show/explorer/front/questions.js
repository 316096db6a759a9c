// SPDX-License-Identifier: MIT
// Questions to Python that are answered later, in any order: each has a number, and its answer has the same.

export class Questions {
  constructor() {
    this.waiting = new Map();
    this.asked = 0;
  }

  /** Send a question with its number; gives what the answer will be. */
  ask(send) {
    this.asked += 1;
    const id = this.asked;
    return new Promise((resolve) => {
      this.waiting.set(id, resolve);
      send(id);
    });
  }

  answer(id, value) {
    const resolve = this.waiting.get(id);
    this.waiting.delete(id);
    resolve?.(value);
  }
}
