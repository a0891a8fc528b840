// Protocol names in SnabbWall's vocabulary: the identifiers of nDPI's header without their prefix, in capitals
// (`MAIL_SMTP`, `POSTGRES`), where the library's display names differ (`SMTP`, `PostgreSQL`). Its rules and
// expectation files are written in these words. A name keeps its identifier of the running library's generation:
// what nDPI 2 called SSL is TLS since nDPI 3.

/** Display name -> word, where capitals with `_` for every other character are not the word. nDPI 4.2 to 4.6. */
const aliases: Readonly<Record<string, string>> = {
  AVASTSecureDNS: 'AVAST_SECUREDNS',
  AmazonAWS: 'AMAZON_AWS',
  AmazonAlexa: 'AMAZON_ALEXA',
  AmazonVideo: 'AMAZON_VIDEO',
  AmongUs: 'AMONG_US',
  ApplePush: 'APPLE_PUSH',
  AppleSiri: 'APPLE_SIRI',
  AppleiCloud: 'APPLE_ICLOUD',
  AppleiTunes: 'APPLE_ITUNES',
  Azure: 'MICROSOFT_AZURE',
  CiscoSkinny: 'SKINNY',
  CloudflareWarp: 'CLOUDFLARE_WARP',
  CryNetwork: 'CRYNET',
  Cybersec: 'CYBERSECURITY',
  DCE_RPC: 'DCERPC',
  EGP: 'IP_EGP',
  EthernetIP: 'ETHERNET_IP',
  FacebookVoip: 'FACEBOOK_VOIP',
  GRE: 'IP_GRE',
  GenshinImpact: 'GENSHIN_IMPACT',
  GoogleClassroom: 'GOOGLE_CLASSROOM',
  GoogleCloud: 'GOOGLE_CLOUD',
  GoogleDocs: 'GOOGLE_DOCS',
  GoogleDrive: 'GOOGLE_DRIVE',
  GoogleHangout: 'HANGOUT_DUO',
  GoogleHangoutDuo: 'HANGOUT_DUO',
  GoogleMaps: 'GOOGLE_MAPS',
  GooglePlus: 'GOOGLE_PLUS',
  GoogleServices: 'GOOGLE_SERVICES',
  HP_VIRTGRP: 'HPVIRTGRP',
  HotspotShield: 'HOTSPOT_SHIELD',
  ICMP: 'IP_ICMP',
  ICMPV6: 'IP_ICMPV6',
  IGMP: 'IP_IGMP',
  IMAP: 'MAIL_IMAP',
  IMAPS: 'MAIL_IMAPS',
  IP_in_IP: 'IP_IP_IN_IP',
  IPSec: 'IP_IPSEC',
  IPsec: 'IP_IPSEC',
  LineCall: 'LINE_CALL',
  LotusNotes: 'LOTUS_NOTES',
  MPEG_TS: 'MPEGTS',
  MS_OneDrive: 'MS_ONE_DRIVE',
  MerakiCloud: 'MERAKI_CLOUD',
  Microsoft365: 'MICROSOFT_365',
  'NAT-PMP': 'NATPMP',
  NestLogSink: 'NEST_LOG_SINK',
  OSPF: 'IP_OSPF',
  Outlook: 'MS_OUTLOOK',
  PGM: 'IP_PGM',
  POP3: 'MAIL_POP',
  POPS: 'MAIL_POPS',
  PostgreSQL: 'POSTGRES',
  RemoteScan: 'REMOTE_SCAN',
  SCTP: 'IP_SCTP',
  SMTP: 'MAIL_SMTP',
  SMTPS: 'MAIL_SMTPS',
  SignalVoip: 'SIGNAL_VOIP',
  'Sina(Weibo)': 'SINA',
  SkypeCall: 'SKYPE_CALL',
  // nDPI joined Teams to Skype's identifier; SnabbWall's word is older than that.
  Skype_Teams: 'SKYPE',
  Skype_TeamsCall: 'SKYPE_CALL',
  SnapchatCall: 'SNAPCHAT_CALL',
  TargusDataspeed: 'TARGUS_GETDATA',
  Teams: 'MSTEAMS',
  TocaBoca: 'TOCA_BOCA',
  TuyaLP: 'TUYA_LP',
  VRRP: 'IP_VRRP',
  WhatsAppCall: 'WHATSAPP_CALL',
  WhatsAppFiles: 'WHATSAPP_FILES',
  WindowsUpdate: 'WINDOWS_UPDATE',
  WorldOfKungFu: 'WORLD_OF_KUNG_FU',
  YouTubeUpload: 'YOUTUBE_UPLOAD',
  'Z39.50': 'Z3950',
  ZeroMQ: 'ZMQ',
  iCloudPrivateRelay: 'ICLOUD_PRIVATE_RELAY',
};

export const unknown = 'UNKNOWN';

const seen = new Map<string, string>(Object.entries(aliases));

/** `name` of the library, or of a file of own protocols, as one word of A-Z, 0-9 and `_`. */
export function wallName(name: string): string {
  let word = seen.get(name);
  if (word === undefined) {
    word = name.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_');
    if (word === '' || word === '_') word = unknown;
    seen.set(name, word); // bounded: the library has some hundred names, a protocol file a few more
  }
  return word;
}

/** What a flow line says, in the library's words: `PROTOCOL`, `APPLICATION:PROTOCOL`, or `UNKNOWN`. */
export function flowName(flow: {
  detected_protocol_name: string;
  ndpi: { master: string; app: string };
}): string {
  const protocol = wallName(flow.detected_protocol_name);
  const carried = wallName(flow.ndpi.master) === unknown ? unknown : wallName(flow.ndpi.app);
  const application = flow.ndpi.app === flow.ndpi.master ? unknown : carried;
  if (application === unknown || application === protocol) return protocol;
  return protocol === unknown ? application : `${application}:${protocol}`;
}
