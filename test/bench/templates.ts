// The real captures that benchmarks are made from, read once: every Ethernet frame, the flow it belongs to and
// which end of that flow is its client.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Frame, readCapture } from '../conformance/capture-file.js';
import { type FrameLayout, layOut } from './frame-rewrite.js';

export interface Template {
  bytes: Buffer;
  wireLength: number;
  /** Microseconds since the first frame of its capture. */
  offsetUs: number;
  layout: FrameLayout | null;
  /** Number of the flow among all templates, -1 without IP. */
  flow: number;
  /** Position in its flow, from 0. */
  nth: number;
  /** Number of the client's address among all (capture, address) pairs, and whether the client sent this. */
  client: number;
  fromClient: boolean;
}

export interface TemplateCapture {
  name: string;
  durationUs: number;
  frames: Template[];
}

export interface Templates {
  captures: TemplateCapture[];
  flows: number;
  clients: number;
}

const ethernet = 1;

export function readTemplates(folder: string): Templates {
  const templates: Templates = { captures: [], flows: 0, clients: 0 };
  for (const name of readdirSync(folder).sort()) {
    if (!/\.pcap(ng)?$/.test(name)) continue;
    const frames = readCapture(join(folder, name)).filter((frame) => frame.linkType === ethernet);
    if (frames.length > 0) templates.captures.push(readOne(name, frames, templates));
  }
  return templates;
}

interface SeenFlow {
  number: number;
  packets: number;
  client: string;
}

function readOne(name: string, frames: Frame[], counts: Templates): TemplateCapture {
  const flows = new Map<string, SeenFlow>();
  const clients = new Map<string, number>();
  let previousUs = 0;
  const firstUs = frames[0]?.timestampUs ?? 0;
  const read = frames.map((frame): Template => {
    previousUs = Math.max(previousUs, frame.timestampUs - firstUs);
    const layout = layOut(frame.bytes);
    const template: Template = {
      bytes: frame.bytes,
      wireLength: frame.wireLength,
      offsetUs: previousUs,
      layout,
      flow: -1,
      nth: 0,
      client: -1,
      fromClient: false,
    };
    if (!layout) return template;
    const key = `${layout.protocol} ${[layout.sender, layout.receiver].sort().join(' ')}`;
    let flow = flows.get(key);
    if (!flow) {
      flow = { number: counts.flows++, packets: 0, client: layout.sender };
      flows.set(key, flow);
    }
    const address = flow.client.split(' ', 1)[0] ?? '';
    let client = clients.get(address);
    if (client === undefined) {
      client = counts.clients++;
      clients.set(address, client);
    }
    template.flow = flow.number;
    template.nth = flow.packets++;
    template.client = client;
    template.fromClient = layout.sender === flow.client;
    return template;
  });
  return { name, durationUs: previousUs, frames: read };
}
