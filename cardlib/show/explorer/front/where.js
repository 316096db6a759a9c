// SPDX-License-Identifier: MIT
// The filter language, second step: the grammar, by recursive descent. It gives tests of (table, row).

import { tokensOf, WhereError } from "./where_words.js";
import { FIELDS, UNITS, readValue } from "./where_fields.js";
import { equalTest, hasTest, orderTest, partTest } from "./where_tests.js";

const MOST_DEPTH = 40;
const SAME = { "==": "==", "=": "==", in: "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">=" };
const OPERATORS = { ...SAME, "~": "~", contains: "~" };
const KEYWORDS = ["and", "or", "not", "in", "contains"];
const has = (table, key) => Object.prototype.hasOwnProperty.call(table, key);

/** A test (table, row) => boolean of an expression, with the set of its `fields`; WhereError says where it is wrong. */
export function where(expression) {
  return new Parser(expression).parse();
}

class Parser {
  constructor(expression) {
    this.tokens = tokensOf(expression);
    this.place = 0;
    this.depth = 0;
    this.fields = new Set();
  }

  get token() {
    return this.tokens[this.place];
  }

  parse() {
    const test = this.token.kind === "end" ? () => true : this.either();
    const token = this.token;
    if (token.key === ")") throw this.wrong('")" without "("', token);
    if (token.kind !== "end") {
      throw this.wrong(`"and" or "or" is missing before "${token.text}" (quote a text of several words)`, token);
    }
    return Object.assign((table, row) => test(table, row), { fields: this.fields });
  }

  wrong(message, token) {
    return new WhereError(message, token.at);
  }

  take() {
    const token = this.token;
    if (token.kind !== "end") this.place += 1;
    return token;
  }

  takeIf(...keys) {
    if (this.token.kind === "end" || !keys.includes(this.token.key)) return false;
    this.place += 1;
    return true;
  }

  deeper() {
    this.depth += 1;
    if (this.depth > MOST_DEPTH) throw this.wrong(`more than ${MOST_DEPTH} levels deep`, this.token);
  }

  either() {
    const tests = [this.both()];
    while (this.takeIf("or", "||")) tests.push(this.both());
    return tests.length === 1 ? tests[0] : (table, row) => tests.some((test) => test(table, row));
  }

  both() {
    const tests = [this.not()];
    while (this.takeIf("and", "&&")) tests.push(this.not());
    return tests.length === 1 ? tests[0] : (table, row) => tests.every((test) => test(table, row));
  }

  not() {
    if (this.token.key === "not" || this.token.key === "!") {
      this.deeper();
      this.take();
      const test = this.not();
      this.depth -= 1;
      return (table, row) => !test(table, row);
    }
    return this.token.key === "(" ? this.group() : this.comparison();
  }

  group() {
    this.deeper();
    this.take();
    const test = this.either();
    if (!this.takeIf(")")) throw this.wrong('")" is missing', this.token);
    this.depth -= 1;
    return test;
  }

  /** A field and what it is compared with; a field alone; or words. */
  comparison() {
    const token = this.token;
    const following = this.tokens[Math.min(this.place + 1, this.tokens.length - 1)];
    if (!this.isPlain(token)) throw this.wrong("a comparison or a word is missing", token);
    const isCompared = has(OPERATORS, following.key);
    if (token.kind === "word" && has(FIELDS, token.key)) {
      this.take();
      this.fields.add(token.key);
      return isCompared ? this.compared(token.key, this.take()) : this.alone(token.key);
    }
    if (isCompared) throw this.wrong(`"${token.text}" is no field: ${Object.keys(FIELDS).join(", ")}`, token);
    return this.words();
  }

  /** Whether a token is a word that is no keyword, or a quoted text. */
  isPlain(token) {
    return token.kind === "text" || (token.kind === "word" && !KEYWORDS.includes(token.key));
  }

  alone(field) {
    if (FIELDS[field].kind.operators.length && this.isPlain(this.token)) {
      throw this.wrong(`an operator is missing after "${field}"`, this.token);
    }
    return hasTest(field);
  }

  /** Words side by side: each of them is somewhere. */
  words() {
    const tests = [];
    this.fields.add("text");
    while (this.isPlain(this.token) && !has(FIELDS, this.token.key)) {
      tests.push(partTest("text", [this.take().text.toLowerCase()]));
    }
    return (table, row) => tests.every((test) => test(table, row));
  }

  compared(field, sign) {
    const operator = OPERATORS[sign.key];
    const { operators } = FIELDS[field].kind;
    if (!operators.length) throw this.wrong(`"${field}" stands alone: it has no value`, sign);
    if (!operators.includes(operator)) {
      throw this.wrong(`"${sign.text}" does not fit "${field}", but ${operators.join(" ")}`, sign);
    }
    if ("<>".includes(operator[0])) return orderTest(field, operator, this.single(field, sign).value);
    const items = this.items(field, operator, sign);
    if (operator === "~") return partTest(field, items.map(([first]) => first));
    const test = equalTest(field, items);
    return operator === "==" ? test : (table, row) => !test(table, row);
  }

  /** The number that an order compares with. */
  single(field, sign) {
    const token = this.token;
    if (token.key === "{") throw this.wrong(`"${sign.text}" needs one value`, token);
    const number = this.value(field, sign);
    this.mustBeExact(number, token);
    if (this.token.key === "..") throw this.wrong(`"${sign.text}" needs one value`, this.token);
    return number;
  }

  mustBeExact(number, token) {
    if (number.mask !== null) throw this.wrong(`"${token.text}" has no order: x is any digit`, token);
  }

  /** The values and ranges of an operand, each as [first, last]; of a value alone `last` is null. */
  items(field, operator, sign) {
    const brace = this.token;
    if (!this.takeIf("{")) return [this.item(field, operator, sign)];
    const items = [this.item(field, operator, brace)];
    while (this.token.key === ",") items.push(this.item(field, operator, this.take()));
    if (!this.takeIf("}")) throw this.wrong('"," or "}" is missing', this.token);
    return items;
  }

  item(field, operator, before) {
    const token = this.token;
    const first = this.value(field, before);
    if (this.token.key !== "..") return [first, null];
    const dots = this.take();
    if (!FIELDS[field].kind.operators.includes("<") || operator === "~") {
      throw this.wrong(`"${field}" has no ranges`, dots);
    }
    this.mustBeExact(first, token);
    const end = this.token;
    const last = this.value(field, dots);
    this.mustBeExact(last, end);
    if (last.value < first.value) throw this.wrong("the range ends before it begins", token);
    return [first, last];
  }

  /** What a word or a quoted text stands for; a unit may be a word of its own. */
  value(field, before) {
    const token = this.token;
    if (token.kind !== "word" && token.kind !== "text") {
      throw this.wrong(`a value is missing after "${before.text}"`, token);
    }
    this.take();
    const { kind } = FIELDS[field];
    if (kind.hasUnit && kind.read(token.text) === null && has(UNITS, this.token.key)) {
      const joined = token.text + this.token.text;
      if (kind.read(joined) !== null) {
        this.take();
        return kind.read(joined);
      }
    }
    return readValue(kind, token.text, token.at);
  }
}
