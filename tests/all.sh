#!/usr/bin/env bash
# Everything that Trellis promises, group by group; each says what it does and how long it took.
set -euo pipefail
cd "$(dirname "$0")/.."
. tests/groups.sh
bin=.venv/bin
most=2400 # seconds for a group

pytest=("$bin/pytest" -q -p no:cacheprovider --durations=5 --durations-min=5)

group $most "The house: format, lint, types, imports, sizes" make --no-print-directory check
group $most "Decisions and messages, without I/O; contracts of adapters" "${pytest[@]}" -n 2 tests/unit tests/contract
group $most "Parts on real servers: bus, stores, git, isolation, the local AWS" "${pytest[@]}" -n 2 -m "not alone" tests/integration
group $most "Parts that look at time and memory" "${pytest[@]}" -m alone tests/integration
group $most "The whole product, end to end" "${pytest[@]}" -n 2 tests/e2e
group $most "make demo, as a newcomer types it" "$bin/trellis" demo --exit
corpus=${CORPUS:-../shared/corpus}
if [ -d "$corpus" ]; then
  group $most "Two public applications, by Trellis and by their own CLI" make --no-print-directory corpus DIR="$corpus" ONLY=cdk-apigw-lambda,sst-rest-api
else
  echo; echo "── NOT RUN: public applications (there is no folder $corpus; set CORPUS)"
fi
group $most "Whatever may happen, against the pipeline's rules" make --no-print-directory rules EXAMPLES=200
group $most "Power cuts (a few)" make --no-print-directory powercuts CUTS=3
group $most "Parts that are dead, paused or out of disk" make --no-print-directory outages
group $most "What GitHub sends" make --no-print-directory payloads
group $most "What others send" make --no-print-directory hostile COUNT=500
group $most "The API by its own description" make --no-print-directory api CASES=3
group $most "Kills at the boundaries of steps (a sample)" "$bin/python" -m tests.rigs.kills --points 10
group $most "make demo on a plain Debian, as an ordinary user" make --no-print-directory fresh WHO=user COMMANDS="make demo EXIT=1"
group $most "Ratios of one run" env BENCH=short "$bin/python" -m tests.bench
told
