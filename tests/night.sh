#!/usr/bin/env bash
# What takes hours: the rigs in their long forms, one after the other.
set -euo pipefail
cd "$(dirname "$0")/.."
. tests/groups.sh
hours=3600

group $((4 * hours)) "Whatever may happen, against the pipeline's rules" make --no-print-directory rules EXAMPLES=50000
group $((3 * hours)) "A kill at every boundary of every step" make --no-print-directory kills POINTS=all
group $((1 * hours)) "Power cuts" make --no-print-directory powercuts CUTS=50
group $((1 * hours)) "What others send" make --no-print-directory hostile COUNT=20000
group $((1 * hours)) "The API by its own description" make --no-print-directory api CASES=100
corpus=${CORPUS:-../shared/corpus}
if [ -d "$corpus" ]; then
  group $((2 * hours)) "Public applications, by Trellis and by their own CLI" make --no-print-directory corpus DIR="$corpus" ONLY=sst,cdk
else
  echo; echo "── NOT RUN: public applications (there is no folder $corpus; set CORPUS)"
fi
group $((1 * hours)) "Ratios of one run" make --no-print-directory bench
told
