// The part of npm's `ini` (6.0.0, which has no types) that is used here.
declare module 'ini' {
  /** The value of `text` without its quotes, escapes and comment; JSON inside quotes is parsed. */
  export function unsafe(text: string): unknown;
}
