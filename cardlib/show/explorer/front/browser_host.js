// SPDX-License-Identifier: MIT
// The host of the page that decodes by itself: Python runs in a worker of this page. A log is pasted, dropped or
// chosen; it goes to the worker and nowhere else.

import { inflated } from "./chunks.js";
import { button, h } from "./dom.js";
import { Growing } from "./growing.js";
import { KEEPING, keptNotes } from "./keeping.js";
import { partOf } from "./parts.js";
import { Questions } from "./questions.js";
import { show } from "./shell.js";

const LARGEST = 64 << 20; // bytes of a log
// What Python is made of stands in the page, compressed: a page that is opened from a file may load nothing.
const PARTS = ["pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "pyodide-lock.json", "python_stdlib.zip", "cardlib.zip"];

async function contentOf(name) {
  return new Response(inflated(await partOf(name))).arrayBuffer();
}

/** Python in a worker. */
class Python {
  constructor() {
    this.questions = new Questions();
  }

  /** Start it; gives what is wrong, or nothing. */
  async start() {
    const script = new Blob([await contentOf("worker.js")], { type: "text/javascript" });
    // No module: browsers start none for a page that is opened from a file.
    this.worker = new Worker(URL.createObjectURL(script));
    this.worker.addEventListener("message", ({ data }) => this.questions.answer(data.id, data.answer, data.fault));
    this.worker.addEventListener("error", () => this.questions.end("Python has stopped in this browser."));
    const contents = await Promise.all(PARTS.map(contentOf));
    const parts = Object.fromEntries(PARTS.map((name, place) => [name, contents[place]]));
    return this.ask({ kind: "start", parts }, contents);
  }

  ask(question, transfer = []) {
    return this.questions.ask((id) => this.worker.postMessage({ ...question, id }, transfer));
  }
}

class BrowserHost {
  /** `again()` goes back to where a log goes in. */
  constructor(python, again) {
    this.python = python;
    this.again = again;
    this.growing = (loading) => new Growing(loading);
    this.setup = { notes: {}, filter: "", captures: 1 };
    this.notes = keptNotes;
    Object.assign(this, KEEPING);
  }

  /** The chunk of that name of the one capture; its number stands before the name. */
  read(name) {
    return this.python.ask({ kind: "read", name: name.replace(/^0-/, "") });
  }
}

/** The first sight: where a log goes in, and what happens to it. */
class Beginning {
  constructor(root, explorer) {
    this.root = root;
    this.explorer = explorer;
    this.python = new Python();
    this.area = h("textarea", { rows: "12", "aria-label": "a log", spellcheck: "false",
      placeholder: "> 00A4040007A000000003101000\n< 6F1A8407A0000000031010A50F500B56495341204352454449549000" });
    this.chooser = h("input", { type: "file", "aria-label": "a file", onchange: () => this.takeFile(this.chooser.files[0]) });
    this.decode = button("Decode", { class: "ce-primary", onclick: () => this.takeText() });
    this.status = h("p", { role: "status" });
    root.replaceChildren(h("div", { class: "ce-begin" },
      h("h1", { text: "What did the card and the reader say?" }),
      h("p", { text: "Paste a log, or drop a file here. Python decodes it in this page, and it does not leave the page, "
        + "which may ask for nothing but its own files. What is secret is hidden." }),
      this.area,
      h("p", { class: "ce-actions" }, this.decode, this.chooser),
      this.status));
    root.addEventListener("dragover", (event) => event.preventDefault());
    root.addEventListener("drop", (event) => this.dropped(event));
    root.dataset.colours = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    this.ready = this.prepare();
  }

  async prepare() {
    this.say("Python is being started …");
    const fault = await faultOf(this.python.start());
    this.say(fault ? `Python could not be started: ${fault}` : "Ready.");
    this.root.dataset.ready = !fault;
  }

  say(text) {
    this.status.textContent = text;
  }

  dropped(event) {
    event.preventDefault();
    const [file, second] = event.dataTransfer.files;
    if (second) this.say("One file at a time. Two side by side: cardlib explore FILE FILE writes a page of them.");
    else if (file) this.takeFile(file);
    else {
      this.area.value = event.dataTransfer.getData("text/plain");
      this.takeText();
    }
  }

  takeText() {
    if (!this.area.value.trim()) {
      this.say("Paste a log first.");
      return;
    }
    this.take("pasted.txt", new TextEncoder().encode(this.area.value));
  }

  async takeFile(file) {
    if (!file) return;
    if (file.size > LARGEST) {
      this.say("That file is too large for this page: cardlib explore writes a page of it.");
      return;
    }
    this.take(file.name, new Uint8Array(await file.arrayBuffer()));
  }

  async take(name, bytes) {
    this.decode.disabled = true;
    await this.ready;
    this.say("Reading …");
    const fault = await faultOf(this.python.ask({ kind: "open", name, bytes }, [bytes.buffer]));
    this.decode.disabled = false;
    this.say(fault || "Ready.");
    if (fault) return;
    this.turn(true);
    show(this.explorer, new BrowserHost(this.python, () => this.turn(false)));
  }

  /** Show the explorer, or this. */
  turn(toExplorer) {
    this.root.hidden = toExplorer;
    this.explorer.hidden = !toExplorer;
  }
}

/** What is wrong: what an answer says, or why there is none. */
async function faultOf(answer) {
  try {
    return await answer;
  } catch (fault) {
    return fault.message;
  }
}

new Beginning(document.getElementById("beginning"), document.getElementById("explorer"));
