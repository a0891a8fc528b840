#!/bin/bash
# Records the golden captures from real programs, in three network namespaces of its own:
#
#   dipper-client lan0 ---- lan0 dipper-router wan0 ---- wan0 dipper-server
#   192.168.8.100                .1  198.51.100.1        .22 .25 .53 ..., 203.0.113.0/24
#   2001:db8:8::100             ::1  2001:db8:80::1      2001:db8:80::/64
#
#   sudo test/golden/record.sh              all of them
#   sudo test/golden/record.sh dns tls13    only these
#   test/golden/record.sh --table           the facts of the README's table, from the files
#
# No packet leaves the namespaces. Everything it made goes away at the end, also after a failure.
set -euo pipefail
cd "$(dirname "$0")"
out=$PWD
work=/var/lib/dipper-golden # not below /run: some servers get a /run of their own
namespaces='dipper-client dipper-router dipper-server'
umask 022
export LC_ALL=C HOME=$work

source ./servers.sh
source ./captures.sh

if [ "${1-}" = --table ]; then
  table
  exit
fi

cleanup() {
  local status=$?
  trap - EXIT INT TERM
  [ $status = 0 ] || tail -n 20 "$work/log" >&2 || true
  local pid ns
  for pid in $(cat "$work/pids" 2>/dev/null); do
    # A pid of an earlier run may belong to another program by now.
    case "$(ip netns identify "$pid" 2>/dev/null)" in dipper-*) kill "$pid" 2>/dev/null || true ;; esac
  done
  for ns in $namespaces; do
    ip netns del "$ns" 2>/dev/null || true
    rm -rf "/etc/netns/$ns"
  done
  rmdir /etc/netns 2>/dev/null || true
  rm -rf "$work"
}

in_client() { ip netns exec dipper-client "$@"; }
in_router() { ip netns exec dipper-router "$@"; }

serve() { # NAMESPACE COMMAND...: runs until the end
  local ns=$1
  shift
  ip netns exec "$ns" "$@" >>"$work/log" 2>&1 </dev/null 9>&- &
  echo $! >>"$work/pids"
  last=$!
}

wait_for_port() {
  local _
  for _ in {1..50}; do
    ip netns exec dipper-server ss -Hltn "sport = :$1" | grep -q . && return
    sleep 0.1
  done
  echo "nothing listens on port $1; the log:" >&2
  tail -20 "$work/log" >&2
  exit 1
}

# Documentation MAC addresses (RFC 7042 2.1.2); checksums and segments as a wire carries them.
cable() { # NAMESPACE MAC NAMESPACE MAC DEVICE
  ip link add "$5" netns "$1" address "$2" type veth peer name "$5" netns "$3" address "$4"
  local ns
  for ns in "$1" "$3"; do
    ip -n "$ns" link set "$5" up
    ip netns exec "$ns" ethtool -K "$5" tx off tso off gso off gro off >/dev/null
  done
}

topology() {
  local ns
  for ns in $namespaces; do
    mkdir -p "/etc/netns/$ns"
    ip netns add "$ns"
    ip netns exec "$ns" sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 \
      net.ipv6.conf.default.router_solicitations=0 net.ipv4.ping_group_range='0 0'
    ip -n "$ns" link set lo up
  done
  echo 'nameserver 192.168.8.1' >/etc/netns/dipper-client/resolv.conf
  : >/etc/netns/dipper-client/hosts
  cable dipper-client 00:00:5e:00:53:64 dipper-router 00:00:5e:00:53:01 lan0
  cable dipper-router 00:00:5e:00:53:02 dipper-server 00:00:5e:00:53:50 wan0
  in_router sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
  in_router ip address add 192.168.8.1/24 dev lan0
  in_router ip address add 198.51.100.1/24 dev wan0
  in_router ip address add 2001:db8:8::1/64 dev lan0
  in_router ip address add 2001:db8:80::1/64 dev wan0
  in_router ip route add 203.0.113.0/24 via 198.51.100.53
  for ns in 22 25 53 73 80 83 123; do
    ip -n dipper-server address add 198.51.100.$ns/24 dev wan0
  done
  for ns in 6 24 80; do ip -n dipper-server address add 2001:db8:80::$ns/64 dev wan0; done
  ip -n dipper-server route add local 203.0.113.0/24 dev lo
  ip -n dipper-server route add blackhole 203.0.113.250
  ip -n dipper-server rule del pref 0
  ip -n dipper-server rule add pref 10 lookup local
  ip -n dipper-server rule add pref 5 to 203.0.113.250 blackhole
  ip -n dipper-server route add default via 198.51.100.1
  ip -n dipper-server route add default via 2001:db8:80::1
  client_addresses
}

client_addresses() {
  in_client ip address flush dev lan0 scope global
  in_client ip address add 192.168.8.100/24 dev lan0
  in_client ip address add 2001:db8:8::100/64 dev lan0
  in_client ip route replace default via 192.168.8.1
  in_client ip route replace default via 2001:db8:8::1
}

# Records in the client, on lan0, while a function runs.
capture() { # FILE FUNCTION [tcpdump arguments]
  local file=$1 function=$2
  shift 2
  [ $# -gt 0 ] || set -- -i lan0
  record "$file" "$function" tcpdump -Z root -n -U --immediate-mode "$@" -w
}

record() { # FILE FUNCTION RECORDER...: the recorder gets the file as its last argument
  local file=$1 function=$2 recorder
  shift 2
  : >"$work/recorder"
  ip netns exec dipper-client "$@" "$work/$file" 2>"$work/recorder" >/dev/null 9>&- &
  recorder=$!
  echo $recorder >>"$work/pids"
  for _ in {1..100}; do
    grep -qE '^File:|listening on' "$work/recorder" && break
    kill -0 $recorder 2>/dev/null || { cat "$work/recorder" >&2; exit 1; }
    sleep 0.1
  done
  $function >>"$work/log" 2>&1 </dev/null || echo "$file: a program of $function ended with $?" >&2
  sleep 0.6
  kill $recorder
  wait $recorder || true
  mv "$work/$file" "$out/$file"
  printf '%-28s %6s bytes\n' "$file" "$(stat -c %s "$out/$file")"
}

[ "$(id -u)" = 0 ] || { echo 'record.sh: needs root, for network namespaces' >&2; exit 77; }
for program in tcpdump dumpcap mergecap dig dnsmasq nginx ssh rsync curl chronyd mosquitto_pub redis-cli \
  vsftpd msmtp nmap iperf3 udhcpc avahi-daemon ethtool openssl nc ping editcap; do
  command -v $program >/dev/null || { echo "record.sh: needs $program; see README.md" >&2; exit 69; }
done
exec 9>/run/dipper-golden.lock
flock -n 9 || { echo 'record.sh: another run is under way' >&2; exit 75; }
if [ -e $work ]; then
  cleanup # what a killed run left
elif ip netns | grep -qE '^dipper-(client|router|server)( |$)'; then
  echo 'record.sh: the namespaces exist and are not of an earlier run' >&2
  exit 75
fi
mkdir $work
trap cleanup EXIT
trap 'exit 130' INT TERM
: >"$work/pids"
topology
start_servers
if [ $# -gt 0 ]; then wanted=("$@"); else wanted=("${all_captures[@]}"); fi
for name in "${wanted[@]}"; do "capture_$name"; done
/usr/bin/python3 derive.py "$out"
