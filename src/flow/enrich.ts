// Puts what is known about the ends of a flow into the line that the worker wrote: members spliced in before the end of the
// `flow` object. Lines are read as text up to the addresses, at their known places, and never parsed; ready-made members are
// kept by MAC and address. Lines of which nothing is known pass as they are, without a copy.
// Runs before the privacy filter, which masks these members like all others.
import type { Log } from '../log.js';
import type { Place } from '../messages/place.js';
import { type Announcement, announcementIn, announcingPorts } from './device-announcements.js';
import type { DeviceDirectory } from './device-directory.js';
import { RecentMap } from './recent-map.js';

export interface EnrichOptions {
  /** What is known of devices; none: flows get no devices, and no announcements are listened to. */
  readonly devices?: DeviceDirectory;
  /** Where an address is; none: flows get no places. */
  readonly placeOf?: (address: string) => Place;
  readonly log: Pick<Log, 'error'>;
}

const newline = 0x0a;
const brace = '}'.charCodeAt(0);
const flowStart = Buffer.from(',"flow":{');
const lineStart = '{"type":"flow'.length;
/** The first letter after `flow_`: statistics have counters alone. */
const statistics = 's'.charCodeAt(0);
/** `"internal":true,"established":false`, which stands before the flow. */
const envelopeBytes = 40;
/** From the flow to behind `other_type`, with the longest value in each member. */
const identityBytes = 480;
/** Entries of one generation: a line's members by what they are made from. */
const mostTexts = 8192;
const nothing: Buffer = Buffer.alloc(0);

/** A copy that does not keep the text alive that it is a part of. */
const owned = (text: string): string => Buffer.from(text, 'latin1').toString('latin1');

export class Enricher {
  readonly #devices: DeviceDirectory | undefined;
  readonly #placeOf: ((address: string) => Place) | undefined;
  readonly #local = new RecentMap<Buffer>(mostTexts);
  readonly #other = new RecentMap<Buffer>(mostTexts);
  readonly #places = new RecentMap<Buffer>(mostTexts);
  #version = 0;
  readonly #log: Pick<Log, 'error'>;
  #malformed = 0;
  #room = Buffer.allocUnsafeSlow(1 << 16);
  #size = 0;

  constructor({ devices, placeOf, log }: EnrichOptions) {
    this.#log = log;
    this.#devices = devices;
    this.#placeOf = placeOf;
  }

  /** After the databases have changed. */
  forgetPlaces(): void {
    this.#places.clear();
  }

  /** `lines`, whole lines of messages, with what is known. The result's memory is `lines`' own, or used again by the next call. */
  lines(lines: Buffer): Buffer {
    this.#size = 0;
    let copied = 0;
    for (let at = 0; at < lines.length; ) {
      const found = lines.indexOf(newline, at);
      const end = found < 0 ? lines.length : found;
      // The line's last two characters close the flow and the message.
      const close = end - 2;
      const isWhole = lines[close] === brace && lines[close + 1] === brace;
      if (isWhole && lines[at + lineStart + 1] !== statistics) {
        const before = this.#size;
        this.#addKnown(lines, at, close, copied);
        if (this.#size > before) copied = close;
      }
      at = end + 1;
    }
    if (copied === 0) return lines;
    this.#add(lines, copied, lines.length);
    return this.#room.subarray(0, this.#size);
  }

  /** What stands between `copied` and `close`, and the members for the line at `at`; nothing when there are none. */
  #addKnown(lines: Buffer, at: number, close: number, copied: number): void {
    const flow = lines.indexOf(flowStart, at);
    if (flow < at + envelopeBytes || flow > close) return;
    const text = lines.toString(
      'latin1',
      flow - envelopeBytes,
      Math.min(close, flow + identityBytes),
    );
    const identity = identityIn(text);
    if (identity === undefined) return;
    let [local, other, place] = [nothing, nothing, nothing];
    if (this.#devices !== undefined && text.lastIndexOf('"internal":true,', envelopeBytes) >= 0) {
      if (announcingPorts.has(identity.localPort))
        this.#listen(this.#devices, lines, at, close + 2);
      this.#refresh(this.#devices);
      local = this.#device(this.#local, 'local', identity.localMac, identity.localIp);
      if (identity.otherType === 'local')
        other = this.#device(this.#other, 'other', identity.otherMac, identity.otherIp);
    }
    if (this.#placeOf !== undefined && identity.otherType === 'remote')
      place = this.#place(this.#placeOf, identity.otherIp);
    if (local.length + other.length + place.length === 0) return;
    this.#add(lines, copied, close);
    for (const members of [local, other, place])
      if (members.length > 0) this.#add(members, 0, members.length);
  }

  /** A name may have changed: what was made of the old ones is forgotten. Changes are rare beside flows. */
  #refresh(devices: DeviceDirectory): void {
    if (devices.version === this.#version) return;
    this.#version = devices.version;
    this.#local.clear();
    this.#other.clear();
  }

  #listen(devices: DeviceDirectory, lines: Buffer, at: number, end: number): void {
    let announcement: Announcement | undefined;
    try {
      announcement = announcementIn(lines.toString('utf8', at, end));
    } catch (err) {
      this.#malformed += 1;
      if ((this.#malformed & (this.#malformed - 1)) === 0)
        this.#log.error({ err, malformed: this.#malformed }, 'a line about a flow is no JSON');
    }
    if (announcement !== undefined) devices.announce(announcement);
  }

  #device(texts: RecentMap<Buffer>, side: 'local' | 'other', mac: string, ip: string): Buffer {
    const key = mac + ip;
    const known = texts.get(key);
    if (known !== undefined) return known;
    const device = this.#devices?.of(owned(mac), [owned(ip)]);
    const members =
      device === undefined ? nothing : Buffer.from(`,"${side}_device":${JSON.stringify(device)}`);
    texts.set(owned(key), members);
    return members;
  }

  #place(placeOf: (address: string) => Place, ip: string): Buffer {
    const known = this.#places.get(ip);
    if (known !== undefined) return known;
    const address = owned(ip);
    const json = JSON.stringify(placeOf(address)).slice(1, -1);
    const members = json === '' ? nothing : Buffer.from(`,${json}`);
    this.#places.set(address, members);
    return members;
  }

  #add(bytes: Buffer, from: number, to: number): void {
    const size = this.#size + to - from;
    if (size > this.#room.length) {
      const room = Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(size + 1)));
      this.#room.copy(room, 0, 0, this.#size);
      this.#room = room;
    }
    bytes.copy(this.#room, this.#size, from, to);
    this.#size = size;
  }
}

interface Identity {
  readonly localIp: string;
  readonly localPort: string;
  readonly localMac: string;
  readonly otherIp: string;
  readonly otherMac: string;
  readonly otherType: string;
}

/** The members in the writer's order (addon/core/message.cc); no character of their values is ever escaped. */
function identityIn(text: string): Identity | undefined {
  const localIp = text.indexOf('"local_ip":"');
  const localPort = text.indexOf('"local_port":', localIp);
  const localMac = text.indexOf('"local_mac":"', localPort);
  const otherIp = text.indexOf('"other_ip":"', localMac);
  const otherMac = text.indexOf('"other_mac":"', otherIp);
  const otherType = text.indexOf('"other_type":"', otherMac);
  if (localIp < 0 || otherType <= otherMac || otherMac <= otherIp || otherIp <= localMac)
    return undefined;
  return {
    localIp: textAt(text, localIp + 12),
    localPort: text.slice(localPort + 13, localMac - 1),
    localMac: textAt(text, localMac + 13),
    otherIp: textAt(text, otherIp + 12),
    otherMac: textAt(text, otherMac + 13),
    otherType: textAt(text, otherType + 14),
  };
}

const textAt = (text: string, at: number): string => text.slice(at, text.indexOf('"', at));
