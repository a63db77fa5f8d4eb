#!/usr/bin/env bash
# Inside the fresh machine: clones Trellis, types commands, and installs what they say is missing.
#   newcomer.sh ACCOUNT COMMAND…     the clone comes from /lent/trellis.bundle
set -uo pipefail
account=$1
shift
# A login shell, for the PATH of that account; what the machine was told of registries stays.
told=$(compgen -e | grep -vE '^(PATH|HOME|USER|LOGNAME|SHELL|MAIL|PWD|OLDPWD|SHLVL|_)$' | paste -sd,)
type_in() { su --login "$account" --whitelist-environment "$told" --command "$1" </dev/null 2>&1; }

type_in "git -c advice.detachedHead=false clone -q /lent/trellis.bundle trellis" || exit 1
held=0 said=$(mktemp)
for command in "$@"; do
  echo "fresh: \$ $command"
  for _ in 1 2 3 4 5; do
    type_in "cd trellis && $command" | tee "$said"
    if [ "${PIPESTATUS[0]}" = 0 ]; then
      held=$((held + 1))
      echo "fresh: held: $command"
      break
    fi
    remedy=$(sed -n 's/.*Install it: //p' "$said" | tail -1)
    [ -n "$remedy" ] || break
    echo "fresh: named: $remedy"
    # `sudo` is not on a plain Debian, and nobody is there to say yes.
    remedy=${remedy//sudo /}
    apt-get update -qq
    bash -c "${remedy//apt-get install/apt-get install -y -qq}" >/dev/null || break
  done
done
[ "$held" = $# ]
