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
  /** ms of a clock that is never set. */
  readonly now?: () => number;
}

const newline = 0x0a;
const [openingBrace, closingBrace] = [0x7b, 0x7d];
/** Before the brace of the flow. In the name of an interface its quotes are escaped. */
const flowName = Buffer.from(',"flow":');
const internal = '"internal":true,';
const lineStart = '{"type":"flow'.length;
/** The first letter after `flow_`: statistics have counters alone; what a record at the end says was said before. */
const [statistics, purge] = ['s', 'p'].map((letter) => letter.charCodeAt(0));
/** `"internal":true,"established":false`, which stands before the flow. */
const envelopeBytes = 40;
/** From the flow to behind `other_type`, with the longest value in each member. */
const identityBytes = 480;
/** Entries of one generation: a line's members by what they are made from. */
const mostTexts = 8192;
/** Shortest time between two changes of names that are taken note of: a flood of announcements must not cost more. */
const refreshMs = 500;
const nothing: Buffer = Buffer.alloc(0);

/** A copy that does not keep the text alive that it is a part of. */
const owned = (text: string): string => Buffer.from(text, 'latin1').toString('latin1');

/** Of an address, as long as it has this MAC. */
interface DeviceText {
  readonly mac: string;
  readonly members: Buffer;
}

export class Enricher {
  readonly #devices: DeviceDirectory | undefined;
  readonly #placeOf: ((address: string) => Place) | undefined;
  readonly #local = new RecentMap<DeviceText>(mostTexts);
  readonly #other = new RecentMap<DeviceText>(mostTexts);
  readonly #places = new RecentMap<Buffer>(mostTexts);
  readonly #now: () => number;
  #version = 0;
  #refreshedAt = Number.NEGATIVE_INFINITY;
  readonly #log: Pick<Log, 'error'>;
  #malformed = 0;
  #room = Buffer.allocUnsafeSlow(1 << 16);
  #size = 0;

  constructor({ devices, placeOf, log, now = () => performance.now() }: EnrichOptions) {
    this.#log = log;
    this.#now = now;
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
      const flowEnd = end - 2;
      const isWhole = lines[flowEnd] === closingBrace && lines[flowEnd + 1] === closingBrace;
      if (isWhole && lines[at + lineStart + 1] !== statistics) {
        const before = this.#size;
        this.#addKnown(lines, at, flowEnd, copied);
        if (this.#size > before) copied = flowEnd;
      }
      at = end + 1;
    }
    if (copied === 0) return lines;
    this.#add(lines.subarray(copied));
    return this.#room.subarray(0, this.#size);
  }

  /** What stands between `copied` and `flowEnd`, and the members for the line at `at`; nothing when there are none. */
  #addKnown(lines: Buffer, at: number, flowEnd: number, copied: number): void {
    const flow = flowAt(lines, at, flowEnd);
    if (flow < at + envelopeBytes) return;
    const to = Math.min(flowEnd, flow + identityBytes);
    const text = lines.toString('latin1', flow - envelopeBytes, to);
    const identity = identityIn(text);
    if (identity === undefined) return;
    let [local, other, place] = [nothing, nothing, nothing];
    if (this.#devices !== undefined && isInternal(text)) {
      if (lines[at + lineStart + 1] !== purge && announcingPorts.has(identity.localPort))
        this.#listen(this.#devices, lines, at, flowEnd + 2);
      this.#refresh(this.#devices);
      local = this.#device(this.#local, 'local', identity.localMac, identity.localIp);
      if (identity.otherType === 'local')
        other = this.#device(this.#other, 'other', identity.otherMac, identity.otherIp);
    }
    if (this.#placeOf !== undefined && identity.otherType === 'remote')
      place = this.#place(this.#placeOf, identity.otherIp);
    if (local.length + other.length + place.length === 0) return;
    this.#add(lines.subarray(copied, flowEnd));
    if (local.length > 0) this.#add(local);
    if (other.length > 0) this.#add(other);
    if (place.length > 0) this.#add(place);
  }

  /** A name may have changed: what was made of the old ones is forgotten. */
  #refresh(devices: DeviceDirectory): void {
    if (devices.version === this.#version) return;
    const now = this.#now();
    if (now - this.#refreshedAt < refreshMs) return;
    this.#refreshedAt = now;
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

  #device(texts: RecentMap<DeviceText>, side: 'local' | 'other', mac: string, ip: string): Buffer {
    const known = texts.get(ip);
    if (known?.mac === mac) return known.members;
    const [address, station] = [owned(ip), owned(mac)];
    const device = this.#devices?.of(station, [address]);
    const members =
      device === undefined ? nothing : Buffer.from(`,"${side}_device":${JSON.stringify(device)}`);
    texts.set(address, { mac: station, members });
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

  #add(bytes: Buffer): void {
    const size = this.#size + bytes.length;
    if (size > this.#room.length) {
      const room = Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(size + 1)));
      this.#room.copy(room, 0, 0, this.#size);
      this.#room = room;
    }
    this.#room.set(bytes, this.#size);
    this.#size = size;
  }
}

/** `"internal":true` before `"established":false,"flow":{` or `"established":true,"flow":{`. */
const isInternal = (text: string): boolean =>
  text.startsWith(internal, envelopeBytes - 35) || text.startsWith(internal, envelopeBytes - 34);

interface Identity {
  readonly localIp: string;
  readonly localPort: string;
  readonly localMac: string;
  readonly otherIp: string;
  readonly otherMac: string;
  readonly otherType: string;
}

/** Where `,"flow":{` begins in the line at `at`; -1: nowhere before `end`. */
function flowAt(lines: Buffer, at: number, end: number): number {
  for (let brace = at; ; ) {
    brace = lines.indexOf(openingBrace, brace + 1);
    const start = brace - flowName.length;
    if (brace < 0 || brace > end) return -1;
    let same = 0;
    while (same < flowName.length && lines[start + same] === flowName[same]) same += 1;
    if (same === flowName.length) return start;
  }
}

/**
 * The members of both sides, which follow each other in the writer's order (addon/core/message.cc); no character of their
 * values is ever escaped. Lengths are those of the names between two values.
 */
function identityIn(text: string): Identity | undefined {
  const localIp = text.indexOf('"local_ip":"') + 12;
  const localIpEnd = text.indexOf('"', localIp);
  const localPort = localIpEnd + 15; // ","local_port":
  const localMac = text.indexOf(',', localPort) + 14; // ,"local_mac":"
  const otherIp = localMac + 17 + 14; // ","other_ip":"
  const otherIpEnd = text.indexOf('"', otherIp);
  const otherMac = text.indexOf(',', otherIpEnd + 15) + 14;
  const otherType = otherMac + 17 + 16; // ","other_type":"
  if (localIp < 12 || !text.startsWith('"other_type":"', otherType - 14)) return undefined;
  return {
    localIp: text.slice(localIp, localIpEnd),
    localPort: text.slice(localPort, localMac - 14),
    localMac: text.slice(localMac, localMac + 17),
    otherIp: text.slice(otherIp, otherIpEnd),
    otherMac: text.slice(otherMac, otherMac + 17),
    otherType: text.slice(otherType, text.indexOf('"', otherType)),
  };
}
