# Sourced by record.sh: one function a subject. traffic_X runs the programs, capture_X says how to record them.

all_captures=(browsing dns http tls ssh rsync ntp dhcp mdns ftp smtp mqtt redis ipv6 icmp fragments
  refused portscan any loopback nano snaplen empty vxlan ethernet_tunnels ip_tunnels pcapng)

quiet_curl() { in_client curl -sS -k -o /dev/null --max-time 10 "$@"; }
client_ssh() {
  in_client ssh -F none -i "$work/user" -o IdentitiesOnly=yes -o UserKnownHostsFile=/dev/null \
    -o StrictHostKeyChecking=no -o LogLevel=ERROR "$@"
}
client_rsync() {
  rm -rf "$work/copy"
  in_client rsync -rt "$@" "$work/copy/"
}
client_time() {
  printf '%s\n' "server $1 iburst maxsamples 1" 'cmdport 0' "pidfile $work/chronyc.pid" >"$work/chronyc"
  in_client chronyd -Q -t 5 -u root -f "$work/chronyc"
}

lease() { # the client starts without an address, as a machine that joins the network
  in_client ip address flush dev lan0 scope global
  in_client udhcpc -i lan0 -n -q -f -s /bin/true -x hostname:laptop -V 'udhcp dipper'
  client_addresses
}

announce() {
  printf '%s\n' '[server]' host-name=laptop use-ipv6=no enable-dbus=no allow-interfaces=lan0 \
    '[publish]' publish-hinfo=no publish-workstation=yes >"$work/avahi"
  serve dipper-client sh -c "mount -t tmpfs none /run && exec avahi-daemon -f '$work/avahi' \
    --no-drop-root --no-chroot --no-rlimits"
  sleep 3
  kill "$last"
  wait "$last" || true
}

traffic_browsing() {
  lease
  announce
  client_time ntp.example.com
  in_client ping -4 -c 3 -i 0.3 www.example.com
  quiet_curl http://www.example.com/ http://www.example.com/news.html
  quiet_curl https://www.wikipedia.org/
  quiet_curl https://github.com/
  quiet_curl https://news.example.com/news.html
  quiet_curl --http1.1 --tls-max 1.2 https://www.bank.test/
  quiet_curl https://www.youtube.com/
  quiet_curl https://www.netflix.com/
  in_client dig +noall example.com TXT
  client_ssh root@ssh.example.com 'cat /etc/services | head -n 40'
  client_rsync rsync://files.example.com/public/
  in_client mosquitto_pub -h mqtt.example.com -i thermometer -t home/kitchen -m 21.5
  quiet_curl https://api.example.com:8443/items.json
  quiet_curl http://no-such-host.example.com/ || true
}
capture_browsing() { capture browsing.pcap traffic_browsing; }

traffic_dns() {
  local at='@192.168.8.1 +tries=1 +time=2'
  in_client dig $at www.example.com A
  in_client dig $at www.example.com AAAA
  in_client dig $at example.com TXT
  in_client dig $at example.com MX
  in_client dig $at _mqtt._tcp.example.com SRV
  in_client dig $at shop.example.com A
  in_client dig $at nothing.example.com A
  in_client dig $at -x 198.51.100.80
  in_client dig $at +tcp www.wikipedia.org A
  in_client dig $at +tcp example.com TXT
}
capture_dns() { capture dns.pcap traffic_dns; }

traffic_http() {
  local site=http://www.example.com
  quiet_curl $site/index.html $site/news.html $site/no-such-page
  quiet_curl -I $site/
  quiet_curl -d 'name=value&other=thing' $site/form
  quiet_curl --compressed $site/items.json
  quiet_curl http://api.example.com:8080/items.json
  quiet_curl -A 'Mozilla/5.0 (X11; Linux x86_64; rv:102.0) Gecko/20100101 Firefox/102.0' \
    --referer $site/ http://198.51.100.80/news.html
}
capture_http() { capture http.pcap traffic_http; }

traffic_tls12() {
  quiet_curl --http1.1 --tls-max 1.2 https://www.example.com/
  quiet_curl --http1.1 --tls-max 1.2 --ciphers ECDHE-ECDSA-CHACHA20-POLY1305 https://github.com/
}
traffic_tls13() {
  quiet_curl --http1.1 --tlsv1.3 https://www.example.com/
  quiet_curl --http1.1 --tlsv1.3 --curves X25519 https://www.wikipedia.org/
}
traffic_tls_alpn_h2() { quiet_curl --http2 https://www.example.com/ https://www.example.com/news.html; }
traffic_tls_mutual() {
  quiet_curl --http1.1 --tls-max 1.2 --cert "$work/client.crt" --key "$work/client.key" \
    https://mutual.example.com/
  quiet_curl --http1.1 --tlsv1.3 --cert "$work/client.crt" --key "$work/client.key" \
    https://mutual.example.com/
}
traffic_tls_nosni() {
  quiet_curl --http1.1 https://198.51.100.80/
  in_client openssl s_client -noservername -tls1_2 -connect 198.51.100.80:8443 </dev/null
}
capture_tls() {
  local kind
  for kind in tls12 tls13 tls_alpn_h2 tls_mutual tls_nosni; do capture $kind.pcap traffic_$kind; done
}

traffic_ssh() { client_ssh root@198.51.100.22 'seq 1 200'; }
capture_ssh() { capture ssh.pcap traffic_ssh; }

traffic_rsync_873() { client_rsync rsync://198.51.100.73/public/; }
traffic_rsync_other_port() { client_rsync rsync://198.51.100.73:8730/public/; }
capture_rsync() {
  capture rsync_873.pcap traffic_rsync_873
  capture rsync_other_port.pcap traffic_rsync_other_port
}

traffic_ntp() { client_time 198.51.100.123; }
capture_ntp() { capture ntp.pcap traffic_ntp; }
capture_dhcp() { capture dhcp.pcap lease; }
capture_mdns() { capture mdns.pcap announce; }

traffic_ftp() {
  quiet_curl ftp://198.51.100.73/
  quiet_curl ftp://198.51.100.73/numbers.txt
  quiet_curl --disable-epsv ftp://198.51.100.73/no-such-file || true
}
capture_ftp() { capture ftp.pcap traffic_ftp; }

traffic_smtp() {
  printf 'Subject: a test\n\nOne line of text.\n' | in_client msmtp --host=mail.example.com --port=25 \
    --domain=client.example.com --from=alice@example.com bob@example.com
}
capture_smtp() { capture smtp.pcap traffic_smtp; }

traffic_mqtt() {
  local i
  in_client timeout 3 mosquitto_sub -h 198.51.100.83 -i panel -t 'home/#' -C 2 &
  sleep 0.5
  for i in 20.5 21; do
    in_client mosquitto_pub -h 198.51.100.83 -i thermometer -t home/kitchen -m $i -q 1
  done
  wait $!
}
capture_mqtt() { capture mqtt.pcap traffic_mqtt; }

traffic_redis() {
  local command # one a run: the interactive client asks for 180 kB of help first
  for command in 'PING' 'SET colour blue' 'GET colour' 'LPUSH list a b c' 'LRANGE list 0 -1'; do
    in_client redis-cli -h 198.51.100.80 $command
  done
}
capture_redis() { capture redis.pcap traffic_redis; }

traffic_ipv6() {
  in_client ping -6 -c 2 -i 0.3 2001:db8:80::6
  in_client dig @2001:db8:80::6 www.wikipedia.org AAAA
  quiet_curl -g 'http://[2001:db8:80::6]/'
  quiet_curl -6 --http1.1 --resolve 'www.wikipedia.org:443:[2001:db8:80::6]' https://www.wikipedia.org/
}
capture_ipv6() { capture ipv6.pcap traffic_ipv6; }

traffic_icmp() {
  in_client ping -c 2 -i 0.3 198.51.100.80
  in_client ping -c 1 -t 1 -W 1 198.51.100.80 || true        # time exceeded
  in_client ping -c 1 -W 4 198.51.100.99 || true             # host unreachable
  in_client ping -c 1 -s 1200 -p ff 198.51.100.80
  echo 'to a closed port' | in_client nc -u -w 1 198.51.100.80 9999 || true # port unreachable
  in_client ping -6 -c 1 2001:db8:80::80
  echo 'to a closed port' | in_client nc -u -w 1 2001:db8:80::80 9999 || true
}
capture_icmp() { capture icmp.pcap traffic_icmp; }

traffic_fragments_v4() {
  in_client dig @198.51.100.53 +bufsize=4096 +ignore big.example.com TXT
  in_client ping -c 1 -s 3000 198.51.100.80
  in_client dig @198.51.100.53 +bufsize=4096 +ignore big.example.com TXT
}
traffic_fragments_v6() {
  in_client dig @2001:db8:80::6 +bufsize=4096 +ignore big.example.com TXT
  in_client ping -6 -c 1 -s 3000 2001:db8:80::80
}
traffic_fragments_bulk() { in_client iperf3 -c 198.51.100.22 -u -b 1M -l 6000 -n 30000; }
capture_fragments() {
  capture udp_fragments.pcap traffic_fragments_v4
  capture udp_fragments_v6.pcap traffic_fragments_v6
  serve dipper-server iperf3 -s -1 -B 198.51.100.22
  wait_for_port 5201
  capture udp_fragments_bulk.pcap traffic_fragments_bulk
}

traffic_syn_only() { in_client nc -w 4 203.0.113.250 443 || true; }
traffic_refused() { in_client nc -w 2 198.51.100.80 81 || true; }
capture_refused() {
  capture syn_only.pcap traffic_syn_only
  capture syn_refused.pcap traffic_refused
}

traffic_portscan() { in_client nmap -sS -n -Pn -p 20-100 --max-retries 1 198.51.100.80; }
capture_portscan() { capture portscan.pcap traffic_portscan; }

traffic_short() {
  in_client ping -c 1 198.51.100.80
  in_client dig @198.51.100.53 www.example.com A
  quiet_curl http://198.51.100.80/items.json
}
traffic_local() {
  in_client ping -c 1 127.0.0.1
  in_client ping -c 1 ::1
  in_client nc -w 1 127.0.0.1 81 || true
}
traffic_any() {
  traffic_local
  traffic_short
}
capture_any() {
  capture any_sll.pcap traffic_any -i any -y LINUX_SLL
  capture any_sll2.pcap traffic_any -i any -y LINUX_SLL2
}
capture_loopback() { capture loopback.pcap traffic_local -i lo; }
capture_nano() { capture nanosecond.pcap traffic_short -i lan0 --time-stamp-precision=nano; }
capture_snaplen() { capture snaplen60.pcap traffic_browse_short -i lan0 -s 60; }
traffic_browse_short() {
  traffic_short
  quiet_curl --http1.1 https://www.example.com/
}
capture_empty() { capture empty.pcap true -i lan0 port 1; }

# Starts the two ends of a tunnel: inner 192.168.20.100 <-> .1 and 2001:db8:20::100 <-> ::1, and moves
# the way to the servers into it.
tunnel_up() { # MODE LOCAL REMOTE of the client's side
  local wait
  serve dipper-client /usr/bin/python3 wrap.py tunnel0 "$1" lan0 "$2" "$3"
  client_end=$last
  serve dipper-router /usr/bin/python3 wrap.py tunnel0 "$1" lan0 "$3" "$2"
  router_end=$last
  for wait in {1..50}; do
    ip -n dipper-client link show tunnel0 >/dev/null 2>&1 &&
      ip -n dipper-router link show tunnel0 >/dev/null 2>&1 && break
    sleep 0.1
  done
  tunnel_addresses
}
tunnel_addresses() {
  local ns end
  for ns in client:100 router:1; do
    end=${ns#*:} ns=dipper-${ns%:*}
    case "$(ip -n $ns link show tunnel0)" in
      *link/ether*) ip -n $ns link set tunnel0 address 00:00:5e:00:53:c$((end == 1)) ;;
    esac
    ip netns exec $ns sysctl -qw net.ipv6.conf.tunnel0.addr_gen_mode=1
    ip -n $ns link set tunnel0 mtu 1400 up
    ip -n $ns address add 192.168.20.$end/24 dev tunnel0
    ip -n $ns address add 2001:db8:20::$end/64 dev tunnel0
  done
  in_client ip route replace 198.51.100.0/24 via 192.168.20.1
  in_client ip route replace 2001:db8:80::/64 via 2001:db8:20::1
}
tunnel_down() {
  kill "$client_end" "$router_end"
  wait "$client_end" "$router_end" 2>/dev/null || true
  in_client ip route del 198.51.100.0/24 2>/dev/null || true
  in_client ip route del 2001:db8:80::/64 2>/dev/null || true
}

traffic_inner_v6() {
  in_client ping -6 -c 1 2001:db8:80::6
  quiet_curl -g 'http://[2001:db8:80::6]/items.json'
}
traffic_tunnel() {
  traffic_short
  traffic_inner_v6
}

through() { # FILE MODE LOCAL REMOTE [TRAFFIC]
  tunnel_up "$2" "$3" "$4"
  capture "$1" "${5:-traffic_tunnel}"
  tunnel_down
}

client_mac=00:00:5e:00:53:64 router_mac=00:00:5e:00:53:01
capture_ethernet_tunnels() {
  through vlan.pcap vlan:20 $client_mac $router_mac
  through qinq.pcap qinq:100:20 $client_mac $router_mac
  through mpls.pcap mpls:16001:24 $client_mac $router_mac
  through pppoe.pcap pppoe:17 $client_mac $router_mac
}
capture_ip_tunnels() {
  local v4='192.168.8.100 192.168.8.1' v6='2001:db8:8::100 2001:db8:8::1'
  through gretap.pcap gretap $v4
  through ipip.pcap ip $v4 traffic_short
  through sit.pcap ip $v4 traffic_inner_v6
  through ip4in6.pcap ip $v6 traffic_short
  through ip6in6.pcap ip $v6 traffic_inner_v6
  through gre_v6.pcap gre $v6 traffic_short
  through gtpu.pcap gtpu:4711 $v4
  tunnel_up gre $v4
  capture gre.pcap traffic_tunnel
  capture raw_ip.pcap traffic_tunnel -i tunnel0
  record two_interfaces.pcapng traffic_short dumpcap -q -n -i lan0 -i tunnel0 -w
  tunnel_down
}

capture_vxlan() { # the kernel's own
  local ns remote local
  for ns in client:100:1 router:1:100; do
    IFS=: read -r ns local remote <<<"$ns"
    ip -n dipper-$ns link add tunnel0 type vxlan id 4097 dstport 4789 dev lan0 \
      local 192.168.8.$local remote 192.168.8.$remote
  done
  tunnel_addresses
  capture vxlan.pcap traffic_tunnel
  in_client ip link del tunnel0
  in_router ip link del tunnel0
}

capture_pcapng() { # by Wireshark's own programs, from captures of this folder
  editcap -F pcapng "$out/nanosecond.pcap" "$out/nanosecond.pcapng"
  mergecap -F pcapng -w "$work/m" "$out/any_sll.pcap" "$out/raw_ip.pcap" "$out/icmp.pcap"
  mv "$work/m" "$out/three_links.pcapng"
  gzip -9nc "$out/http.pcap" >"$out/http.pcap.gz"
  gzip -9nc "$out/two_interfaces.pcapng" >"$out/two_interfaces.pcapng.gz"
}

table() {
  local file
  for file in *.pcap *.pcapng *.gz; do # name, link type, packets, bytes
    printf '| %s | %s | %s |\n' "$file" "$(capinfos -Tmrc "$file" 2>/dev/null | cut -d, -f2)" "$(stat -c %s "$file")"
  done
}
