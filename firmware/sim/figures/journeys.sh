#!/bin/sh
# Runs the kills against the real platform and prints what they counted.
set -eu
cd "$(dirname "$0")/../../.."
vitest=node_modules/vitest/vitest.mjs
if ! command -v node >/dev/null || [ ! -e "$vitest" ]; then
  echo "kills against the platform: NOT RUN, needs Node and the packages (npm ci)"
  exit 0
fi
out=$PWD/firmware/sim/build/figures
mkdir -p "$out"
rm -f "$out/journeys.txt"
if ! YAGUTS_FIGURES="$out/journeys.txt" node "$vitest" run --project scripts firmware-kill >"$out/journeys.log" 2>&1; then
  cat "$out/journeys.log"
  exit 1
fi
echo "Kills of this program against the real platform:"
cat "$out/journeys.txt"
