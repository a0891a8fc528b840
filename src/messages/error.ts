// `error`: what the server has to tell one client about its connection or about what it sent.
import { type Static, Type } from 'typebox';
import { closed, notes, sequence, text, word } from './envelope.js';

export const streamErrors = [
  'request_invalid',
  'request_too_long',
  'too_many_requests',
  'subscription_invalid',
  'snapshot_pending',
  'snapshot_failed',
  'flow_unknown',
  'explain_pending',
  'explain_failed',
  'token_required',
  'too_many_clients',
  'listener_closed',
] as const;

export const StreamError = closed(
  {
    ...sequence,
    type: Type.Literal('error', notes('Type of the message.')),
    code: word(
      streamErrors,
      'What happened, for programs. After `too_many_requests`, `token_required`, `too_many_clients` and `listener_closed` the server closes the connection.',
    ),
    message: text('What happened, and what to do, for people.'),
  },
  {
    $id: 'error',
    title: 'error',
    description: 'Something about this connection. To this client alone.',
  },
);

export type StreamError = Static<typeof StreamError>;
