// `dipperd --help`, made from the table of options.
import { type OptionRow, optionRows } from './command-line-options.js';
import { wrap } from './wrap.js';

const opening = `dipperd names the protocol and the application of every flow on a network, as JSON over sockets.

Examples:
  # on the interfaces that it finds, in the foreground
  dipperd -R

  # a router: LAN and WAN named
  dipperd -R -I br-lan -E eth0

  # a capture file, as if it came from eth1, in its own time
  dipperd -R -r -I eth1,traffic.pcap -A 192.168.1.1/24

  # is the configuration right?
  dipperd --check -c /etc/dipperd.conf

Usage: dipperd [options]

Options:
`;

const closing = `
Every key of the configuration is a variable, too (DIPPER_MAX_FLOWS); \`dipper config sample\` prints them all.
Options of netifyd that are not here are accepted; the log says why they have no meaning.
`;

const column = 36;

export function daemonHelp(): string {
  return `${opening}${optionRows.map(row).join('')}${closing}`;
}

/** `-c, --config FILE` */
export function optionForms({ short, long, argument }: OptionRow): string {
  const names = [...(short === undefined ? [] : [`-${short}`]), ...long.map((name) => `--${name}`)];
  return `${names.join(', ')}${argument === undefined ? '' : ` ${argument}`}`;
}

function row(option: OptionRow): string {
  if (option.help === undefined) return '';
  const forms = `  ${option.short === undefined ? '    ' : ''}${optionForms(option)}`;
  const indent = ' '.repeat(column);
  const text = wrap(option.help, 80).join(`\n${indent}`);
  return forms.length < column - 1
    ? `${forms.padEnd(column)}${text}\n`
    : `${forms}\n${indent}${text}\n`;
}
