#!/bin/sh
# Type-checks the sketch for the three chips against declarations/ (see its README
# for what that proves and what not). Links nothing, runs nothing.
set -eu
cd "$(dirname "$0")/.."
CXX=${CXX:-g++}
PUBSUB=${PUBSUBCLIENT_DIR:-pubsub}
checked=0
for chip in ESP32 ESP32C3 ESP32S3; do
  for file in ../dispenser/src/*/*.cpp ../dispenser/dispenser.ino; do
    $CXX -std=gnu++2b -fsyntax-only -Wall -Wextra -Werror -DTYPECHECK_$chip \
      -isystem typecheck/declarations -isystem shim -isystem "$PUBSUB" -x c++ "$file"
    checked=$((checked + 1))
  done
done
echo "typecheck: $checked compilations (3 chips) against our own declarations of the API; not built by arduino-cli, not linked, not run on a board"
