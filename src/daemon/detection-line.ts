// `-d -v`: a line for people for each completed detection, as netifyd prints them.

interface Flow {
  readonly detected_protocol_name: string;
  readonly detected_application_name?: string;
  readonly local_ip: string;
  readonly local_port: number;
  readonly other_ip: string;
  readonly other_port: number;
  readonly local_origin: boolean;
  readonly host_server_name?: string;
}

/** `br-lan: TLS.dipper.google 192.168.1.10:50123 -> 203.0.113.9:443 www.example.net` */
export function detectionLine(line: Buffer): string {
  const { interface: name, flow } = JSON.parse(line.toString('utf8')) as {
    interface: string;
    flow: Flow;
  };
  const application = flow.detected_application_name;
  const protocol =
    application === undefined || application === 'Unknown'
      ? flow.detected_protocol_name
      : `${flow.detected_protocol_name}.${application}`;
  const local = endpoint(flow.local_ip, flow.local_port);
  const other = endpoint(flow.other_ip, flow.other_port);
  const arrow = flow.local_origin ? '->' : '<-';
  // What the network says is not to move the cursor of a terminal.
  const host = (flow.host_server_name ?? '').replace(/[^\x20-\x7e]/g, '?');
  return `${name}: ${protocol} ${local} ${arrow} ${other} ${host}`.trimEnd();
}

const endpoint = (address: string, port: number): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
