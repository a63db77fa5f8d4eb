# Runs groups of tests one after the other: each says what it does and how long it took. To be sourced.
failed=()

group() { # group SECONDS "what it shows" command…
  local most=$1 title=$2 began=$SECONDS
  shift 2
  echo
  echo "── $title"
  if timeout --kill-after=20 "$most" "$@"; then
    echo "   ✓ $((SECONDS - began)) s"
  else
    failed+=("$title")
    echo "   ✗ $((SECONDS - began)) s"
  fi
}

told() { # at the end: what failed, or how long all took
  echo
  if ((${#failed[@]})); then
    printf 'failed: %s\n' "${failed[@]}"
    exit 1
  fi
  echo "all groups passed in $SECONDS s"
}
