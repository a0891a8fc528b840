#!/usr/bin/env node
// dipperd's entry. The daemon is not part of this release: say so and fail as "service unavailable"
// (sysexits EX_UNAVAILABLE), so that no init system takes it for a running service.
process.stderr.write(
  'dipperd: the daemon is not built yet; `dipper spy FILE` analyses capture files\n',
);
process.exitCode = 69;
