# Sourced by record.sh: the servers of the three namespaces and their throw-away configuration.
# Everything is written below $work and stopped by its pid.

well_known='www.wikipedia.org github.com www.youtube.com www.netflix.com mail.google.com'
own='www.example.com news.example.com api.example.com mutual.example.com shop.example.com www.bank.test'

self_signed() { # FILE COMMON-NAME NAME...: a throw-away key and its certificate
  local file=$1 common=$2
  shift 2
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 365 \
    -subj "/O=Dipper test/CN=$common" -addext "subjectAltName=$(printf 'DNS:%s,' "$@" | sed 's/,$//')" \
    -keyout "$work/$file.key" -out "$work/$file.crt" 2>>"$work/log"
}

certificates() {
  local name
  self_signed server www.example.com $own
  self_signed client client.example.com client.example.com
  # One for each well-known name: an application is recognised by the names of a certificate too.
  for name in $well_known; do self_signed "$name" "$name" "$name"; done
  ssh-keygen -q -t ed25519 -N '' -C '' -f "$work/host"
  ssh-keygen -q -t ed25519 -N '' -C '' -f "$work/user"
}

start_dns() {
  local name i=20 part
  {
    printf '%s\n' no-resolv no-hosts no-poll port=53 edns-packet-max=4096 local-ttl=300 \
      user=root group=root pid-file= cache-size=0 \
      local=/com/ local=/org/ local=/net/ local=/test/ local=/arpa/ \
      host-record=ns.example.com,198.51.100.53 host-record=ssh.example.com,198.51.100.22 \
      host-record=ntp.example.com,198.51.100.123 host-record=files.example.com,198.51.100.73 \
      host-record=mail.example.com,198.51.100.25 host-record=mqtt.example.com,198.51.100.83 \
      host-record=www.example.com,198.51.100.80,2001:db8:80::80 \
      host-record=six.example.com,2001:db8:80::6 \
      cname=shop.example.com,cdn.example.com cname=cdn.example.com,www.example.com \
      'txt-record=example.com,v=spf1 ip4:198.51.100.25 -all' \
      mx-host=example.com,mail.example.com,10 \
      srv-host=_mqtt._tcp.example.com,mqtt.example.com,1883
    for part in {a..k}; do # an answer larger than two packets
      echo "txt-record=big.example.com,$(printf "$part%.0s" {1..240})"
    done
    for name in news.example.com api.example.com mutual.example.com www.bank.test $well_known; do
      [ $name = www.wikipedia.org ] && part=,2001:db8:80::$i || part=
      echo "host-record=$name,203.0.113.$i$part"
      i=$((i + 1))
    done
  } >"$work/dns.conf"
  serve dipper-server dnsmasq -k -C "$work/dns.conf"
  printf '%s\n' no-resolv no-hosts no-poll server=198.51.100.53 edns-packet-max=4096 cache-size=0 \
    user=root group=root pid-file= dhcp-range=192.168.8.100,192.168.8.100,12h dhcp-authoritative \
    domain=lan dhcp-leasefile="$work/leases" interface=lan0 bind-interfaces >"$work/router.conf"
  serve dipper-router dnsmasq -k -C "$work/router.conf"
}

start_web() {
  mkdir -p "$work/www" "$work/nginx"
  local i
  for i in index news; do
    { echo "<html><head><title>$i</title></head><body>"
      seq -f '<p>Paragraph %g of a page that exists only in a test.</p>' 60
      echo '</body></html>'; } >"$work/www/$i.html"
  done
  seq -f '{"id": %g, "name": "item"}' 40 >"$work/www/items.json"
  cat >"$work/nginx.conf" <<CONF
daemon off; master_process off; user root; pid $work/nginx/pid; error_log $work/nginx/error.log;
events {}
http {
  access_log off; root $work/www; gzip on; gzip_min_length 100; gzip_types application/json;
  types { text/html html; application/json json; }
  client_body_temp_path $work/nginx/body; proxy_temp_path $work/nginx/proxy;
  fastcgi_temp_path $work/nginx/fastcgi; uwsgi_temp_path $work/nginx/uwsgi;
  scgi_temp_path $work/nginx/scgi;
  ssl_certificate $work/server.crt; ssl_certificate_key $work/server.key;
  ssl_protocols TLSv1.2 TLSv1.3;
  server {
    listen 80; listen [::]:80 ipv6only=on; listen 443 ssl http2; listen [::]:443 ssl http2 ipv6only=on;
    listen 8080; listen 8443 ssl;
    location = /form { return 201 "created\n"; }
  }
  server {
    listen 443 ssl http2; server_name mutual.example.com;
    ssl_client_certificate $work/client.crt; ssl_verify_client on;
  }
CONF
  for i in $well_known; do
    echo "server { listen 443 ssl http2; listen [::]:443 ssl http2; server_name $i;" \
      "ssl_certificate $work/$i.crt; ssl_certificate_key $work/$i.key; }"
  done >>"$work/nginx.conf"
  echo '}' >>"$work/nginx.conf"
  serve dipper-server nginx -p "$work/nginx" -e "$work/nginx/error.log" -c "$work/nginx.conf"
}

start_ssh() {
  printf '%s\n' "HostKey $work/host" "AuthorizedKeysFile $work/user.pub" 'StrictModes no' \
    'PermitRootLogin yes' 'UsePAM no' 'PidFile none' 'PrintMotd no' 'PrintLastLog no' >"$work/sshd"
  serve dipper-server sh -c \
    "mount -t tmpfs none /run && mkdir /run/sshd && exec /usr/sbin/sshd -D -e -f '$work/sshd'"
}

start_files() {
  mkdir -p "$work/share"
  seq 1 900 >"$work/share/numbers.txt"
  head -c 1500 /dev/urandom >"$work/share/noise.bin"
  printf '%s\n' 'use chroot = no' 'reverse lookup = no' "[public]" "path = $work/share" \
    'comment = test files' 'uid = root' 'gid = root' >"$work/rsyncd.conf"
  serve dipper-server rsync --daemon --no-detach --config="$work/rsyncd.conf"
  serve dipper-server rsync --daemon --no-detach --port=8730 --config="$work/rsyncd.conf"
}

start_ftp() {
  mkdir -p "$work/ftp/empty"
  cp "$work/share/numbers.txt" "$work/ftp/"
  chmod 755 "$work" "$work/ftp"
  printf '%s\n' listen=YES background=NO anonymous_enable=YES local_enable=NO run_as_launching_user=NO \
    anon_root="$work/ftp" secure_chroot_dir="$work/ftp/empty" no_anon_password=NO seccomp_sandbox=NO \
    pasv_min_port=30000 pasv_max_port=30010 xferlog_enable=NO isolate_network=NO >"$work/vsftpd.conf"
  serve dipper-server vsftpd "$work/vsftpd.conf"
}

start_time() {
  printf '%s\n' 'local stratum 3' 'allow all' 'cmdport 0' "pidfile $work/chrony.pid" >"$work/chrony"
  serve dipper-server chronyd -x -d -u root -f "$work/chrony"
}

start_messages() {
  printf '%s\n' 'listener 1883' 'allow_anonymous true' 'user root' >"$work/mosquitto"
  serve dipper-server mosquitto -c "$work/mosquitto"
  serve dipper-server redis-server --port 6379 --bind 0.0.0.0 --protected-mode no --save '' \
    --dir "$work" --daemonize no
  serve dipper-server /usr/bin/python3 -m aiosmtpd -n -l 0.0.0.0:25
}

start_servers() {
  certificates
  start_dns
  start_web
  start_ssh
  start_files
  start_ftp
  start_time
  start_messages
  local port
  for port in 53 80 443 8080 8443 22 873 8730 21 1883 6379 25; do wait_for_port $port; done
}
