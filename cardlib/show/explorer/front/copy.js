// SPDX-License-Identifier: MIT
// What can be copied of an exchange: hex, text, the call in Python, a link.

/** Put a text into the clipboard; whether it is there. */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

/** Where a page may not use the clipboard by itself: what is selected can still be copied. */
function copyBySelection(text) {
  const area = document.createElement("textarea");
  area.value = text;
  area.setAttribute("data-lm-suppress-shortcuts", "true");
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  return copied;
}

/** Command and answer as lines of hex, in the form that `cardlib show` reads. */
export function asHex(views) {
  const marks = { command: ">", response: "<" };
  return views.map((view) => `${marks[view.side]} ${view.hex}`).join("\n");
}

/** An exchange as lines of text, a data element each. */
export function asText(title, trees) {
  const lines = [title];
  for (const { side, nodes, digits } of trees) {
    lines.push(side);
    for (const node of nodes) {
      const value = node.hex ?? digits.slice(2 * node.body, 2 * node.stop);
      const words = [`${node.tag} ${node.name}`.trim(), value, node.text, node.note ?? "", node.error ? `!! ${node.error}` : ""];
      lines.push(`${"  ".repeat(node.depth + 1)}${words.filter(Boolean).join("  ")}`);
    }
  }
  return lines.join("\n");
}

/** The call that shows an exchange, and the bytes that are lit, in Python. A name of a file is a text of a stranger. */
export function asCall(file, number, lit) {
  const name = JSON.stringify(file).replace(/[\u007f-\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
  const exchange = `cardlib.read(${name}).exchanges[${number}]`;
  if (!lit) return exchange;
  return `${exchange}.${lit.side}.raw[${lit.start}:${lit.stop}]`;
}
