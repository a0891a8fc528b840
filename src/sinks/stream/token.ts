// The first line of a client where a token is asked for: {"token": "..."}.
import { createHash, timingSafeEqual } from 'node:crypto';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Whether `line` says `token`. The time that it takes does not depend on how much of the token is right. */
export function saysToken(line: string, token: string): boolean {
  let said: unknown;
  try {
    said = (JSON.parse(line) as { token?: unknown } | null)?.token;
  } catch {
    said = undefined;
  }
  return timingSafeEqual(digest(typeof said === 'string' ? said : ''), digest(token));
}
