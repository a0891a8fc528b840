// The flow object inside a line about a flow, cut out as text. A line's shape is known (its envelope comes first, the
// flow object last), and `,"flow":{` cannot stand inside a JSON string, where a quote has a backslash before it.
const flowStart = Buffer.from(',"flow":{');
const interfaceStart = Buffer.from('"interface":');
const newline = 0x0a;
const quote = 0x22;
const backslash = 0x5c;
const closingBrace = 0x7d;

export interface FlowText {
  /** Name of the interface as JSON text, with its quotes. */
  readonly interface: string;
  /** The flow object as JSON text; a view into the line. */
  readonly flow: Buffer;
}

/** Whole lines of `chunk` without their newline, as views. */
export function* linesOf(chunk: Buffer): Generator<Buffer, void, void> {
  for (let at = 0; at < chunk.length; ) {
    const found = chunk.indexOf(newline, at);
    const end = found < 0 ? chunk.length : found;
    if (end > at) yield chunk.subarray(at, end);
    at = end + 1;
  }
}

/** Undefined when the line (without newline) does not have the shape of a message about a flow. */
export function flowText(line: Buffer): FlowText | undefined {
  const at = line.indexOf(flowStart);
  const last = line.length - 1;
  if (at < 0 || line[last] !== closingBrace || line[last - 1] !== closingBrace) return undefined;
  const named = line.indexOf(interfaceStart);
  if (named < 0 || named > at) return undefined;
  const first = named + interfaceStart.length;
  if (line[first] !== quote) return undefined;
  let end = first + 1;
  while (end < at && line[end] !== quote) end += line[end] === backslash ? 2 : 1;
  if (end >= at) return undefined;
  return {
    interface: line.toString('utf8', first, end + 1),
    flow: line.subarray(at + flowStart.length - 1, last),
  };
}
