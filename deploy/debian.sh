#!/usr/bin/env bash
# Installs one of the programs that Trellis needs from Debian's packages, where we may; else says how.
#   deploy/debian.sh [--optional] PROGRAM
set -euo pipefail
optional=false
[ "$1" = "--optional" ] && { optional=true; shift; }
case "$1" in
  node) package=nodejs ;;
  *) package=$1 ;;
esac

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing $package …"
  if apt-get install -y -qq "$package" >/dev/null 2>&1 \
    || { apt-get update -qq && apt-get install -y -qq "$package" >/dev/null; }; then
    exit 0
  fi
fi
$optional && exit 0
echo "Trellis needs \`$1\`, which is not here. Install it: sudo apt-get install $package" >&2
exit 1
