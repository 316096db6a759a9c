// SPDX-License-Identifier: MIT
// Python in a worker: it reads a log that the page gives it, and answers with the chunks of the explorer.

import { loadPyodide } from "./pyodide/pyodide.mjs";

const START = `
import sys
sys.path.insert(0, "/library")
from cardlib.show.explorer.pasted import Pasted
Pasted()
`;
let python = null;
let pasted = null;

const ANSWERS = {
  /** Start Python; gives what is wrong, or nothing. */
  async start() {
    try {
      python = await loadPyodide({ indexURL: "./pyodide/" });
      const library = await fetch("cardlib.zip");
      python.unpackArchive(await library.arrayBuffer(), "zip", { extractDir: "/library" });
      pasted = python.runPython(START);
      return "";
    } catch (fault) {
      return `Python could not be started: ${fault.message}`;
    }
  },

  /** Read a log; gives what is wrong with it, or nothing. */
  async open({ name, bytes }) {
    try {
      return pasted.open(name, python.toPy(bytes));
    } catch (fault) {
      return `This log broke the decoder: ${fault.message.trim().split("\n").pop()}`;
    }
  },

  /** The bytes of a chunk, or null. */
  async read({ name }) {
    return pasted.chunk(name)?.toJs() ?? null;
  },
};

// One question after the other: they are answered in the order in which they came.
let last = Promise.resolve();
self.addEventListener("message", ({ data }) => {
  last = last.then(async () => {
    const answer = await ANSWERS[data.kind]?.(data) ?? null;
    self.postMessage({ id: data.id, answer });
  });
});
