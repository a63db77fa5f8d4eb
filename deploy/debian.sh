#!/usr/bin/env bash
# Sees that the programs are here that Trellis needs: installs those that are missing from Debian's
# packages, where we may; else names all of them, with the command that installs them.
#   deploy/debian.sh [--optional] PROGRAM…
# python3-venv is what $PYTHON needs to make an environment; node counts from version 20.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
NODE=20
optional=false
[ "${1:-}" = "--optional" ] && { optional=true; shift; }

is_here() {
  case "$1" in
    python3-venv) "${PYTHON:-python3}" -c 'import ensurepip, venv' 2>/dev/null ;;
    node) (($(node --version 2>/dev/null | sed -n 's/^v\([0-9]*\).*/\1/p' || true) + 0 >= NODE)) ;;
    # Debian keeps /usr/sbin from the PATH of ordinary users.
    *) PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null ;;
  esac
}

package_of() {
  case "$1" in
    bwrap) echo bubblewrap ;;
    mkfs.ext4) echo e2fsprogs ;;
    node) echo nodejs ;;
    *) echo "$1" ;;
  esac
}

look() { # look PROGRAM…: what of them is missing, and the command that installs it
  local program
  missing=() packages=() installing=""
  hash -r
  for program in "$@"; do is_here "$program" || missing+=("$program"); done
  for program in "${missing[@]}"; do
    if [ "$program" = node ] && debians_node_is_too_old; then
      is_here npm || [[ " ${missing[*]} " == *" npm "* ]] || packages+=(npm)
      installing="npm install --global node@$NODE"
    else
      packages+=("$(package_of "$program")")
    fi
  done
}

debians_node_is_too_old() {
  local candidate
  candidate=$(apt-cache policy nodejs 2>/dev/null | sed -n 's/^ *Candidate: \([0-9]*\).*/\1/p' || true)
  [ -n "$candidate" ] && ((candidate < NODE))
}

install_them() {
  if ((${#packages[@]})); then
    echo "Installing ${packages[*]} …"
    apt-get install -y -qq "${packages[@]}" >/dev/null 2>&1 \
      || { apt-get update -qq && apt-get install -y -qq "${packages[@]}" >/dev/null; } || return 1
  fi
  if [ -n "$installing" ]; then
    echo "Installing Node $NODE: Debian's own is older …"
    $installing >/dev/null
  fi
}

look "$@"
((${#missing[@]})) || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  install_them || true
  look "$@"
  ((${#missing[@]})) || exit 0
fi
$optional && exit 0
command=""
((${#packages[@]})) && command="sudo apt-get install ${packages[*]}"
[ -n "$installing" ] && command="${command:+$command && }sudo $installing"
names=$(printf '%s, ' "${missing[@]/%node/node ($NODE or newer)}")
echo "Trellis needs what is not here: ${names%, }. Install it: $command" >&2
exit 1
