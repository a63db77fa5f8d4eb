#!/usr/bin/env bash
# `make fresh`: README's commands on a machine that has Debian, Python 3.11, git, make and Node 20.
#
# The machine is a container. As root it is let do everything, as a real machine lets root; for an
# ordinary user it is started with no more than what the builder's refusal asks for; and without
# that (`confined`) the builder must refuse. What the package clients of this machine are told by
# variables, and the files that those name, is lent at run time.
#   WHO=root|user|confined|both (both: all three)    COMMANDS="make demo EXIT=1; make quick"
set -euo pipefail
cd "$(dirname "$0")/../../.."
who=${WHO:-both}
commands=()
while IFS= read -r command; do commands+=("$command"); done < <(tr ';' '\n' <<<"${COMMANDS:-make demo EXIT=1; make test}" | sed 's/^ *//')
here=tests/rigs/fresh
loosened="--security-opt unmask=ALL --security-opt seccomp=unconfined"
kept=build/fresh
began=$SECONDS

say() { echo "fresh: $*"; }
not_run() {
  say "NOT RUN: $*"
  [ "${CI:-}" != true ] || exit 1
  exit 0
}

case "$who" in
  root | user | confined) cases=("$who") ;;
  both) cases=(root user confined) ;;
  *) say "WHO is root, user, confined or both, not $who" >&2; exit 2 ;;
esac
[ -z "${INSIDE_FRESH:-}" ] || { say "NOT RUN: this is the fresh machine"; exit 0; }
[ "$(id -u)" = 0 ] || not_run "making a machine and its containers needs root"
deploy/debian.sh podman debootstrap runc iptables || not_run "the machine is made with these"
# A machine has a network of its own; what makes it lies beside podman, not on the PATH.
for package in netavark aardvark-dns; do
  [ -x "/usr/lib/podman/$package" ] || apt-get install -y -qq "$package" >/dev/null \
    || not_run "apt-get cannot install $package"
done

mkdir -p "$kept"
cat >"$kept/containers.conf" <<'CONF'
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
CONF
CONTAINERS_CONF=$(realpath "$kept/containers.conf")
export CONTAINERS_CONF
say "a plain Debian (made once, about two minutes) …"
image=$("$here/machine.sh" "$kept") || not_run "no plain Debian could be made"
say "committed is $(git log -1 --format='%h %s')"
uncommitted=$(git status --short)
[ -z "$uncommitted" ] || printf 'fresh: WARNING: not committed, so not tried:\n%s\n' "$uncommitted"
git bundle create -q "$kept/trellis.bundle" HEAD

lent=(
  -e INSIDE_FRESH=1
  -v "$(realpath "$kept/trellis.bundle"):/lent/trellis.bundle:ro"
  -v "$(realpath "$here/newcomer.sh"):/lent/newcomer.sh:ro"
)
declare -A files=()
variables='(https?|no|all)_proxy|PIP_.*|UV_.*|npm_config_.*|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|GIT_SSL_CAINFO'
for name in $(compgen -e | grep -iExe "$variables" || true); do
  # A folder of wheels or the like is this machine's own, and no registry.
  [[ "${!name}" = /* && ! -f "${!name}" ]] && continue
  [[ "${!name}" = /* ]] && files[${!name}]=1
  lent+=(-e "$name")
done
for file in "${!files[@]}"; do lent+=(-v "$file:$file:ro"); done

log_of() { echo "$kept/$1.log"; }

on_a_fresh_machine() { # on_a_fresh_machine CASE ACCOUNT [podman's options] -- COMMAND…
  local case=$1 account=$2 options=()
  shift 2
  while [ "$1" != -- ]; do options+=("$1"); shift; done
  shift
  say "as $case:"
  podman run --rm "${options[@]}" "${lent[@]}" "$image" bash /lent/newcomer.sh "$account" "$@" 2>&1 \
    | tee "$(log_of "$case")"
}

tried=0 held=0 named=0 refused=""
for case in "${cases[@]}"; do
  case "$case" in
    root) on_a_fresh_machine root root --privileged -- "${commands[@]}" || true ;;
    user) on_a_fresh_machine user newcomer $loosened -- "${commands[@]}" || true ;;
    confined) # as root, who could loosen most
      on_a_fresh_machine confined root -- "make demo EXIT=1" && refused="NOT REFUSED"
      ! grep -q "runs are refused.*$loosened" "$(log_of confined)" || refused=${refused:-refused, with its remedy}
      continue
      ;;
  esac
  tried=$((tried + ${#commands[@]}))
  held=$((held + $(grep -c '^fresh: held: ' "$(log_of "$case")" || true)))
  named=$((named + $(grep -c '^fresh: named: ' "$(log_of "$case")" || true)))
done

[[ " ${cases[*]} " != *" confined "* ]] || confined="; without isolation: ${refused:=NOT REFUSED AS IT SHOULD BE}"
say "${cases[*]}: $tried commands, $held held, $named times something was named and installed${confined:-};" \
  "$((SECONDS - began)) s"
[ "$held" = "$tried" ] && [[ "${refused:-refused}" = refused* ]]
