#!/usr/bin/env bash
# Everything that Trellis promises, group by group; each says what it does and how long it took.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=.venv/bin
failed=()

group() { # group "what it shows" command…
  local title=$1 began=$SECONDS
  shift
  echo
  echo "── $title"
  if timeout --kill-after=20 2400 "$@"; then echo "   ✓ $((SECONDS - began)) s"; else failed+=("$title"); echo "   ✗ $((SECONDS - began)) s"; fi
}

pytest=("$bin/pytest" -q -p no:cacheprovider --durations=5 --durations-min=5)

group "The house: format, lint, types, imports, sizes" make --no-print-directory check
group "Decisions and messages, without I/O; contracts of adapters" "${pytest[@]}" tests/unit tests/contract
group "Parts on real servers: bus, stores, git, isolation, the local AWS" "${pytest[@]}" tests/integration
group "The whole product, end to end" "${pytest[@]}" tests/e2e
group "make demo, as a newcomer types it" "$bin/trellis" demo --exit
corpus=${CORPUS:-../shared/corpus}
if [ -d "$corpus" ]; then
  group "Two public applications, by Trellis and by their own CLI" make --no-print-directory corpus DIR="$corpus" ONLY=cdk-apigw-lambda,sst-rest-api
else
  echo; echo "── NOT RUN: public applications (there is no folder $corpus; set CORPUS)"
fi
group "Whatever may happen, against the pipeline's rules" make --no-print-directory rules EXAMPLES=200
group "Power cuts (a few)" make --no-print-directory powercuts CUTS=3
group "Parts that are dead, paused or out of disk" make --no-print-directory outages
group "What GitHub sends" make --no-print-directory payloads
group "What others send" make --no-print-directory hostile COUNT=500
group "The API by its own description" make --no-print-directory api CASES=3
group "Kills at the boundaries of steps (a sample)" "$bin/python" -m tests.rigs.kills --points 10
group "make demo on a plain Debian, as an ordinary user" make --no-print-directory fresh WHO=user COMMANDS="make demo EXIT=1"
group "Ratios of one run" env BENCH=short "$bin/python" -m tests.bench

echo
if ((${#failed[@]})); then
  printf 'failed: %s\n' "${failed[@]}"
  exit 1
fi
echo "all groups passed in $SECONDS s"
