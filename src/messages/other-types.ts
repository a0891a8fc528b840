/** What the other side of a flow, or the far end of a tunnel, is (addon/core/roles.h); `unsupported` and `error` are netifyd's. */
export const otherTypes = [
  'remote',
  'local',
  'multicast',
  'broadcast',
  'unknown',
  'unsupported',
  'error',
] as const;
