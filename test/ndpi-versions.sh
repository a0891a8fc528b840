#!/bin/sh
# Builds and tests Dipper against other installed releases of libndpi, one line each:
#   test/ndpi-versions.sh PREFIX...       a prefix holds lib/pkgconfig/libndpi.pc
# The working tree is copied to a temporary folder, so the build in use stays as it is. nDPI itself is not built
# here: ./autogen.sh && ./configure --with-only-libndpi --prefix=PREFIX && make install does that in its tree.
set -u
root=$(cd "$(dirname "$0")/.." && pwd)
[ $# -gt 0 ] || { sed -n '2,5s/^# \{0,1\}//p' "$0"; exit 64; }
[ -d "$root/node_modules" ] || { echo "run npm ci first" >&2; exit 69; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
failed=0

# report TEXT LOG: the version has failed, and the end of the log says why.
report() {
  line="$line $1;"
  tail -n 25 "$2" >&2
  failed=1
}

for prefix in "$@"; do
  prefix=$(cd "$prefix" 2>/dev/null && pwd) || { echo "$prefix: no such folder" >&2; exit 66; }
  # Debian keeps it in a folder of the architecture.
  pc=$(find "$prefix/lib" -name libndpi.pc 2>/dev/null | head -n 1)
  [ -n "$pc" ] || { echo "$prefix: no libndpi.pc under lib" >&2; exit 66; }
  export PKG_CONFIG_PATH="${pc%/*}"
  export LD_LIBRARY_PATH="${pc%/pkgconfig/*}"
  version=$(pkg-config --modversion libndpi)
  line="libndpi $version:"
  copy=$work/$version
  mkdir -p "$copy"
  (cd "$root" && tar --exclude=./.git --exclude=./node_modules --exclude=./build --exclude=./build-native -cf - .) |
    tar -xf - -C "$copy"
  ln -s "$root/node_modules" "$copy/node_modules"

  if make -s -j2 -C "$copy/test/addon" >"$work/log" 2>&1; then
    line="$line data plane $(tail -n 1 "$work/log" | sed 's/^[a-z]*: //');"
  else
    report 'data plane FAILED' "$work/log"
  fi

  if (cd "$copy" && node scripts/build.mjs addon) >"$work/log" 2>&1; then
    loaded=$(cd "$copy" && node -p "require('./build/Release/ndpi-node.node').libraryVersion" 2>"$work/log")
    if [ "$loaded" = "$version" ]; then
      line="$line addon loads $loaded;"
    else
      report "addon FAILED to load (said '$loaded')" "$work/log"
    fi
  else
    report 'addon FAILED to build' "$work/log"
  fi

  # A whole run through the addon, command included: the bundled captures into valid JSON.
  if [ -f "$copy/dist/src/cli/main.js" ]; then
    flows=0
    for capture in "$copy"/test/golden/*.pcap*; do
      [ -f "$capture" ] || continue
      (cd "$copy" && node dist/src/cli/main.js spy --json "$capture") >"$work/out" 2>"$work/log"
      case $? in
        0 | 65) ;;  # 65: one of them is damaged on purpose
        *) report "dipper spy FAILED on ${capture##*/}" "$work/log"; break ;;
      esac
      n=$(node -e '
        const lines = require("node:fs").readFileSync(0, "utf8").split("\n").filter(Boolean).map((l) => JSON.parse(l));
        const wrong = lines.find((m) => m.flow && m.flow.ndpi && !m.flow.ndpi.version.startsWith(process.argv[1]));
        if (wrong) { console.error(JSON.stringify(wrong)); process.exit(1); }
        console.log(lines.length);' "$version" <"$work/out" 2>"$work/log") ||
        { report "dipper spy --json WRONG on ${capture##*/}" "$work/log"; break; }
      flows=$((flows + n))
    done
    line="$line dipper spy $flows flows"
  fi
  echo "$line"
  rm -rf "$copy"
done
exit $failed
