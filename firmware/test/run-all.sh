#!/bin/sh
# Runs every suite, whatever fails, and adds up their "N passed, N failed".
make=${1:-make}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
for suite in unit pure sweep mutants fuzz figures; do
  # `tee` would hide the exit status of make.
  $make --no-print-directory -s "$suite" >"$log.part" 2>&1 || status=1
  cat "$log.part"
  cat "$log.part" >>"$log"
  rm -f "$log.part"
done
awk '/: [0-9]+ passed, [0-9]+ failed$/ { passed += $(NF - 3); failed += $(NF - 1) }
     END { printf "firmware core: %d passed, %d failed\n", passed, failed }' "$log"
exit $status
