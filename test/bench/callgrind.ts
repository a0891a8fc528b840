// Reads a callgrind output file: instructions by object file, as spent there and as spent on behalf of a caller
// from another object.
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';

export interface Profile {
  total: number;
  /** Spent in the object's own code. */
  exclusive: Map<string, number>;
  /** Spent in calls into the object from any other object, all that it calls in turn included: `to <- from`. */
  entered: Map<string, number>;
  /** Spent in calls of a function, all that it calls in turn included. */
  functions: Map<string, number>;
}

export async function readProfile(path: string): Promise<Profile> {
  const profile: Profile = {
    total: 0,
    exclusive: new Map(),
    entered: new Map(),
    functions: new Map(),
  };
  const objects = new Map<string, string>();
  const functions = new Map<string, string>();
  /** `(3) /usr/lib/x.so` gives 3 a name, `(3)` alone refers to it. */
  const named = (names: Map<string, string>, text: string): string => {
    const [, id, name] = /^\((\d+)\)(?: (.*))?$/.exec(text) ?? [];
    if (id === undefined) return text;
    if (name !== undefined) names.set(id, name);
    return names.get(id) ?? '???';
  };
  const object = (text: string): string => basename(named(objects, text));
  const add = (to: Map<string, number>, key: string, cost: number): void => {
    to.set(key, (to.get(key) ?? 0) + cost);
  };
  let current = '???';
  let called: string | undefined;
  let inside = '???';
  let callee = '???';
  let isCall = false;
  for await (const line of createInterface({ input: createReadStream(path) })) {
    if (line.startsWith('ob=')) current = object(line.slice(3));
    else if (line.startsWith('cob=')) called = object(line.slice(4));
    else if (line.startsWith('fn=')) inside = named(functions, line.slice(3));
    else if (line.startsWith('cfn=')) callee = named(functions, line.slice(4));
    else if (line.startsWith('calls=')) isCall = true;
    else if (/^[\d+*-]/.test(line)) {
      const cost = Number(line.split(' ')[1]);
      if (isCall) {
        if (called !== undefined && called !== current)
          add(profile.entered, `${called} <- ${current}`, cost);
        if (callee !== inside) add(profile.functions, callee, cost);
        called = undefined;
        isCall = false;
      } else {
        add(profile.exclusive, current, cost);
        profile.total += cost;
      }
    }
  }
  return profile;
}

/** Instructions in calls into objects named like `pattern`, from objects that are not. */
export function enteredFromOutside(profile: Profile, pattern: RegExp): number {
  let sum = 0;
  for (const [key, cost] of profile.entered) {
    const [to = '', from = ''] = key.split(' <- ');
    if (pattern.test(to) && !pattern.test(from)) sum += cost;
  }
  return sum;
}
