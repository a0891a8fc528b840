// The one error class of the project and the table of all its codes. What is thrown here reaches people: a
// message says what happened, where, and what to do; the code is for programs and decides the exit code.
// docs/errors.md lists the same table; a test compares the two in both directions.

/** Exit codes of the commands: sysexits.h where it has a word, 128 + signal otherwise. */
export const exitCodes = {
  ok: 0,
  usage: 64,
  badInput: 65,
  noInput: 66,
  noUser: 67,
  unavailable: 69,
  internal: 70,
  system: 71,
  cantCreate: 73,
  output: 74,
  busy: 75,
  permission: 77,
  configuration: 78,
  interrupted: 130,
  terminated: 143,
} as const;

interface ErrorRow {
  /** What a command exits with when this error ends it. */
  readonly exitCode: number;
  /** One line: when it happens. The same words are in docs/errors.md. */
  readonly summary: string;
}

export const errorTable = {
  ERR_USAGE: { exitCode: exitCodes.usage, summary: 'the command line is not understood' },
  ERR_FILTER: { exitCode: exitCodes.usage, summary: 'a filter expression is not understood' },
  ERR_OPTION_INVALID: {
    exitCode: exitCodes.usage,
    summary: 'an option of the engine has a value that it cannot have',
  },
  ERR_FILTER_INVALID: {
    exitCode: exitCodes.usage,
    summary: 'a packet filter does not compile; the message quotes libpcap',
  },
  ERR_CAPTURE_FORMAT: {
    exitCode: exitCodes.badInput,
    summary: 'the input is not a capture file, or has a link type that is not decoded',
  },
  ERR_CAPTURE_DAMAGED: {
    exitCode: exitCodes.badInput,
    summary: 'the capture file ends early or is corrupt; everything before that place was read',
  },
  ERR_STREAM_FORMAT: {
    exitCode: exitCodes.badInput,
    summary: 'what answers at an address is no stream of messages',
  },
  ERR_NDPI_FILE: {
    exitCode: exitCodes.badInput,
    summary: 'nDPI refuses a protocol, category, risk, JA3 or certificate file',
  },
  ERR_INPUT_NOT_FOUND: {
    exitCode: exitCodes.noInput,
    summary: 'an input file does not exist or cannot be read as a file',
  },
  ERR_USER_UNKNOWN: {
    exitCode: exitCodes.noUser,
    summary: 'the user or the group to run as does not exist',
  },
  ERR_SOURCE_UNAVAILABLE: {
    exitCode: exitCodes.unavailable,
    summary: 'the capture source is not in this build, or the device does not exist',
  },
  ERR_ADDON_UNAVAILABLE: {
    exitCode: exitCodes.unavailable,
    summary: 'the native addon is not built or cannot be loaded',
  },
  ERR_NDPI_MISMATCH: {
    exitCode: exitCodes.unavailable,
    summary: 'the installed libndpi is not the one that the addon was built for',
  },
  ERR_NOT_RUNNING: {
    exitCode: exitCodes.unavailable,
    summary: 'no daemon runs there, or none answers at its control socket',
  },
  ERR_STREAM_UNAVAILABLE: {
    exitCode: exitCodes.unavailable,
    summary: 'a listener of the stream cannot be opened, or no stream can be reached',
  },
  ERR_INTERNAL: { exitCode: exitCodes.internal, summary: 'a defect of dipper itself' },
  ERR_SYSTEM: {
    exitCode: exitCodes.system,
    summary: 'the system refused memory, a thread or a file descriptor',
  },
  ERR_STATE: {
    exitCode: exitCodes.cantCreate,
    summary: 'a folder for state cannot be made or used',
  },
  ERR_PID_FILE: {
    exitCode: exitCodes.cantCreate,
    summary: 'the daemon runs already, or its PID file cannot be written',
  },
  ERR_OUTPUT: { exitCode: exitCodes.output, summary: 'the output could not be written' },
  ERR_ENGINE_BUSY: {
    exitCode: exitCodes.busy,
    summary: 'the workers of an engine have more commands waiting than they can take',
  },
  ERR_STATE_UNSAFE: {
    exitCode: exitCodes.permission,
    summary: 'others could change the files of a folder for state',
  },
  ERR_PERMISSION: {
    exitCode: exitCodes.permission,
    summary: 'the rights to open the input or the device, or a capability, are missing',
  },
  ERR_LISTENER_REFUSED: {
    exitCode: exitCodes.configuration,
    summary: 'a listener of the stream is not safe, or names what does not exist',
  },
  ERR_CONFIG_INVALID: {
    exitCode: exitCodes.configuration,
    summary: 'the configuration cannot be read or contains problems; each is named with its place',
  },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof errorTable;

export class DipperError extends Error {
  override readonly name = 'DipperError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  get exitCode(): number {
    return errorTable[this.code].exitCode;
  }
}

/** Whether `code` is one of ours: the addon hands codes over as text. */
export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(errorTable, code);
}

/** The error of the file system `cause` for `path`, in our words. */
export function fileError(path: string, cause: NodeJS.ErrnoException): DipperError {
  switch (cause.code) {
    case 'EACCES':
    case 'EPERM':
      return new DipperError(
        'ERR_PERMISSION',
        `${path}: permission denied; read it as a user who may, or change its mode`,
        { cause },
      );
    case 'EISDIR':
      return new DipperError('ERR_INPUT_NOT_FOUND', `${path}: is a folder; name one file in it`, {
        cause,
      });
    case 'ENOENT':
    case 'ENOTDIR':
      return new DipperError('ERR_INPUT_NOT_FOUND', `${path}: no such file; check the path`, {
        cause,
      });
    default:
      return new DipperError('ERR_SYSTEM', `${path}: ${cause.message}`, { cause });
  }
}
