// SPDX-License-Identifier: MIT
// Python in a worker: it reads a log that the page gives it, and answers with the chunks of the explorer.

// No such server: what Pyodide asks of it, it is given out of the page.
const HOME = "https://python.invalid/";
const START = `
import sys
sys.path.insert(0, "/library")
from cardlib.show.explorer.pasted import Pasted
Pasted()
`;
let python = null;
let pasted = null;

function typeOf(name) {
  return name.endsWith(".wasm") ? "application/wasm" : "application/octet-stream";
}

async function load(script) {
  return import(URL.createObjectURL(new Blob([script], { type: "text/javascript" })));
}

const ANSWERS = {
  /** Start Python out of its parts; gives what is wrong, or nothing. */
  async start({ parts }) {
    self.fetch = async (address) => {
      const name = String(address).replace(HOME, "");
      return new Response(parts[name], { headers: { "Content-Type": typeOf(name) } });
    };
    self.importScripts = undefined; // Pyodide refuses a worker that has it; here it is loaded as a module all the same
    const { loadPyodide } = await load(parts["pyodide.mjs"]);
    const { default: createPyodideModule } = await load(parts["pyodide.asm.mjs"]);
    python = await loadPyodide({ indexURL: HOME, createPyodideModule });
    python.unpackArchive(parts["cardlib.zip"], "zip", { extractDir: "/library" });
    pasted = python.runPython(START);
    return "";
  },

  /** Begin to read a log; gives what is wrong with it, or nothing. */
  async open({ name, bytes }) {
    return pasted.open(name, python.toPy(bytes));
  },

  /** The bytes of a chunk, or null. */
  async read({ name }) {
    return pasted.chunk(name)?.toJs() ?? null;
  },
};

/** An answer, or why there is none: of an error in Python, its last line. */
async function answerTo(question) {
  try {
    return { answer: await ANSWERS[question.kind]?.(question) ?? null };
  } catch (fault) {
    return { fault: String(fault.message).trim().split("\n").pop() };
  }
}

// One question after the other: they are answered in the order in which they came.
let last = Promise.resolve();
self.addEventListener("message", ({ data }) => {
  last = last.then(async () => self.postMessage({ id: data.id, ...await answerTo(data) }));
});
