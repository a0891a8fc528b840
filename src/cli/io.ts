// The process's own streams and signals as commands see them.

import { isatty } from 'node:tty';
import type { Io } from './command.js';
import { standardOutput } from './output.js';

export function processIo(): Io {
  const isTty = isatty(2);
  return {
    stdout: standardOutput(),
    stdoutIsTty: isatty(1),
    stderr: {
      write: (text) => void process.stderr.write(text),
      isTty,
      get columns() {
        return process.stderr.columns || 80;
      },
    },
    environment: process.env,
    onSignal(callback) {
      process.on('SIGINT', callback);
      process.on('SIGTERM', callback);
      return () => {
        process.off('SIGINT', callback);
        process.off('SIGTERM', callback);
      };
    },
    exit: (code) => process.exit(code),
  };
}
