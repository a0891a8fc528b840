// The match language: comparisons and sets over the fields of a message. docs/reference/match.md is for its users.
export { compile, type Matcher } from './compile.js';
export { type Expression, type Operator, printExpression, type Value } from './expression.js';
export { type Field, fields } from './fields.js';
export { maxDepth, maxSet, maxTerms, parseExpression } from './parse.js';
export { maxExpression } from './tokens.js';
