// What a client says, from its first byte on: a token where one is asked for, then requests. Reads on when the client
// has closed its own direction; whoever only listens may do that (`nc -N`, `shutdown(SHUT_WR)`).
import type { Socket } from 'node:net';
import type { StreamLimits } from './options.js';
import { LineReader, parseRequest, type Request } from './request.js';
import { saysToken } from './token.js';

export interface ConnectionEvents {
  /** May be sent to from now on. */
  admitted(): void;
  /** Did not say the token; `why` in words for it and for the log. */
  rejected(why: string): void;
  request(request: Request): void;
  /** A line that is no request. */
  refused(code: string, problem: string): void;
  /** More lines than allowed. */
  flooded(): void;
}

const tokenBytes = 4096;
const minuteMs = 60_000;
/** A snapshot goes through all flows: it counts as that many lines. */
const snapshotCost = 10;

/** Reads `socket` until it closes. */
export function readConnection(
  socket: Socket,
  token: string | undefined,
  limits: () => StreamLimits,
  now: () => number,
  events: ConnectionEvents,
): void {
  let admitted = token === undefined;
  let over = false;
  let minuteFrom = now();
  let linesInMinute = 0;
  let reader = new LineReader(admitted ? limits().requestBytes : tokenBytes);

  const reject = (why: string): void => {
    if (admitted || over) return;
    over = true;
    events.rejected(why);
  };
  const timer = admitted
    ? undefined
    : setTimeout(() => reject('no token came in time'), limits().tokenSeconds * 1000);

  const admit = (text: string | null): void => {
    if (text === null || !saysToken(text, token ?? '')) reject('the token is wrong');
    else {
      clearTimeout(timer);
      admitted = true;
      events.admitted();
    }
  };
  const serve = (text: string | null): void => {
    if (now() - minuteFrom >= minuteMs) {
      minuteFrom = now();
      linesInMinute = 0;
    }
    linesInMinute += 1;
    const { requestBytes, requestsPerMinute } = limits();
    if (linesInMinute > requestsPerMinute) {
      over = true;
      events.flooded();
    } else if (text === null) {
      events.refused('request_too_long', `a line has ${requestBytes} bytes at most`);
    } else if (text.trim() !== '') {
      const request = parseRequest(text);
      if ('snapshot' in request || 'explain' in request) linesInMinute += snapshotCost - 1;
      if ('problem' in request) events.refused('request_invalid', request.problem);
      else events.request(request);
    }
  };

  socket.on('data', (data) => {
    let rest: Buffer = data;
    while (!over && rest.length > 0) {
      // The first line may be followed by requests in the same packet, which have another limit.
      const end = admitted ? -1 : rest.indexOf(10);
      const part = end < 0 ? rest : rest.subarray(0, end + 1);
      rest = rest.subarray(part.length);
      const before = admitted;
      for (const text of reader.read(part)) {
        if (admitted) serve(text);
        else admit(text);
        if (over) return;
      }
      if (admitted && !before) reader = new LineReader(limits().requestBytes);
    }
  });
  socket.on('end', () => reject('no token came'));
  socket.on('close', () => {
    over = true;
    clearTimeout(timer);
  });
  if (admitted) events.admitted();
}
