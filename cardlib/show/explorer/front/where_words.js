// SPDX-License-Identifier: MIT
// The filter language, first step: an expression as words, quoted texts and signs. The grammar and all its cases
// are in tests/where_cases.toml, which the implementation in Python runs, too.

const MOST_CHARACTERS = 1000;
const MOST_TOKENS = 400;
const BLANKS = " \t\r\n";
const QUOTES = "\"'";
// The longer ones first: "==" is never two "=".
const SIGNS = ["&&", "||", "==", "!=", "<=", ">=", "..", "(", ")", "{", "}", ",", "~", "!", "=", "<", ">"];

/** What is wrong in an expression; `at` is the place in it, in characters from 0. */
export class WhereError extends Error {
  constructor(message, at) {
    super(message);
    this.at = at;
  }
}

/** Tokens {kind: "word", "text", "symbol" or "end", text, key, at}; `key` is what the grammar compares. */
export function tokensOf(expression) {
  const characters = Array.from(expression); // code points, as Python counts them
  if (characters.length > MOST_CHARACTERS) {
    throw new WhereError(`more than ${MOST_CHARACTERS} characters`, MOST_CHARACTERS);
  }
  const tokens = [];
  let at = 0;
  while (at < characters.length) {
    if (BLANKS.includes(characters[at])) {
      at += 1;
      continue;
    }
    const [token, end] = tokenAt(characters, at);
    if (tokens.length === MOST_TOKENS) throw new WhereError(`more than ${MOST_TOKENS} words and signs`, at);
    tokens.push(token);
    at = end;
  }
  tokens.push({ kind: "end", text: "", key: "", at: characters.length });
  return tokens;
}

function tokenAt(characters, at) {
  if (QUOTES.includes(characters[at])) {
    const end = characters.indexOf(characters[at], at + 1);
    if (end < 0) throw new WhereError("the quote is not closed", at);
    return [{ kind: "text", text: characters.slice(at + 1, end).join(""), key: "", at }, end + 1];
  }
  const sign = signAt(characters, at);
  if (sign) return [{ kind: "symbol", text: sign, key: sign, at }, at + sign.length];
  let end = at + 1;
  while (end < characters.length && !endsWord(characters, end)) end += 1;
  const text = characters.slice(at, end).join("");
  return [{ kind: "word", text, key: text.toLowerCase(), at }, end];
}

function signAt(characters, at) {
  const two = characters[at] + (characters[at + 1] ?? "");
  return SIGNS.find((sign) => two.startsWith(sign)) ?? "";
}

function endsWord(characters, at) {
  const character = characters[at];
  return BLANKS.includes(character) || QUOTES.includes(character) || signAt(characters, at) !== "";
}
