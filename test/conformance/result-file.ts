// Reads the text that nDPI 4.2's test run writes for a capture (tests/result/*.out): protocol totals, one a
// line between blank lines, and one line for each flow.
import { readFileSync } from 'node:fs';
import type { ExpectedCapture, ExpectedFlow } from './expected.js';

const totalLine = /^([^\t:]+)\t(\d+)\t(\d+)\t(\d+)\s*$/;
const flowLine = new RegExp(
  [
    /^\t\d+\t(?<l4>\S+) (?<a>\S+):(?<ap>\d+) <?-> (?<b>\S+):(?<bp>\d+) /,
    /(?:\[VLAN: (?<vlan>\d+)\])?/,
    /\[proto: (?:(?<tunnel>[A-Z]\w*):)?[\d.]+\/(?<proto>[^\]]*)\]/,
    /\[(?:Encrypted|ClearText)\]\[Confidence: (?<confidence>[^\]]*)\](?:\[cat: [^\]]*\])?/,
    /\[(?<pk0>\d+) pkts\/(?<by0>\d+) bytes <?-> (?<pk1>\d+) pkts\/(?<by1>\d+) bytes\](?<rest>.*)$/,
  ]
    .map((part) => part.source)
    .join(''),
);

export function parseResult(path: string): ExpectedCapture {
  const capture: ExpectedCapture = { totals: {}, flows: [] };
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (line.startsWith('\t')) {
      const flow = parseFlow(line);
      if (flow) capture.flows.push(flow);
      continue;
    }
    const total = totalLine.exec(line);
    if (total?.[1] === undefined) continue;
    capture.totals[total[1]] = [Number(total[2]), Number(total[3]), Number(total[4])];
  }
  return capture;
}

function parseFlow(line: string): ExpectedFlow | null {
  const part = flowLine.exec(line)?.groups;
  if (!part) {
    // The JA3 table also starts its lines with a tab and a number, but has an address next.
    if (/^\t\d+\t[^\t]*\[proto: /.test(line))
      throw new Error(`a flow line not understood: ${line}`);
    return null;
  }
  const text = (name: string): string => part[name] ?? '';
  const number = (name: string): number => Number(part[name] ?? 0);
  const rest = text('rest');
  const risk = /\[Risk: (.*?)\]\[Risk Score: (\d+)/.exec(rest);
  return {
    l4: text('l4'),
    a: bare(text('a')),
    ap: number('ap'),
    b: bare(text('b')),
    bp: number('bp'),
    vlan: number('vlan'),
    tunnel: part.tunnel ?? null,
    proto: text('proto'),
    confidence: text('confidence'),
    pk: [number('pk0'), number('pk1')],
    by: [number('by0'), number('by1')],
    host: /\[Hostname\/SNI: (.*?)\](?=\[)/.exec(rest)?.[1] ?? null,
    risk: [...(risk?.[1] ?? '').matchAll(/\*\* (.*?) \*\*/g)].map((match) => match[1] ?? ''),
    score: Number(risk?.[2] ?? 0),
  };
}

function bare(address: string): string {
  return address.replace(/^\[(.*)\]$/, '$1');
}
