#!/bin/sh
# What core and mqtt cost on a 32-bit chip: text with -Os, and the RAM of everything that is
# there for ever. Compiled, not linked: the SDK, src/esp32 and PubSubClient itself are not in it.
set -eu
cd "$(dirname "$0")"
out=build/figures
rm -rf "$out" && mkdir -p "$out"

flags="-std=gnu++17 -Os -ffunction-sections -fdata-sections -fno-exceptions -fno-rtti -Wall -Wextra"
tools=riscv64-unknown-elf
picolibc=/usr/lib/picolibc/riscv64-unknown-elf/include
if ! command -v $tools-g++ >/dev/null || [ ! -d "$picolibc" ]; then
  echo "figures: SKIPPED, no 32-bit compiler here (Debian: gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf)"
  exit 0
fi
# Debian's RISC-V compiler comes without C++ headers; the host's serve, as far as we use them.
target="-march=rv32imc -mabi=ilp32 -nostdinc++ -isystem figures"
for dir in $(${CXX:-g++} -x c++ -E -v /dev/null 2>&1 | sed -n 's|^ \(/.*c++/.*\)|\1|p'); do
  target="$target -isystem $dir"
done
target="$target -isystem $picolibc"
what="rv32imc (the ESP32-C3's instruction set), g++ $($tools-g++ -dumpfullversion), picolibc's and the host's C++ headers"

for file in ../dispenser/src/core/*.cpp ../dispenser/src/mqtt/*.cpp figures/ram.cpp; do
  # shellcheck disable=SC2086 -- lists of flags
  $tools-g++ $flags $target -isystem shim -isystem pubsub -c "$file" -o "$out/$(basename "$file" .cpp).o"
done

total() { $tools-size -t "$@" | awk 'END { print $1 + $2, $3 }'; }
core=""; for file in ../dispenser/src/core/*.cpp; do core="$core $out/$(basename "$file" .cpp).o"; done
mqtt=""; for file in ../dispenser/src/mqtt/*.cpp; do mqtt="$mqtt $out/$(basename "$file" .cpp).o"; done

echo "Compiled, not linked, for $what, -Os:"
# shellcheck disable=SC2086
for room in core mqtt; do
  eval "files=\$$room"
  set -- $(total $files)
  printf '  %-24s %7d bytes of flash (text, constants)\n' "$room" "$1"
  [ "$2" = 0 ] || printf '  %-24s %7d bytes of RAM beside the objects below\n' "$room" "$2"
done
echo "RAM held for ever (budget 40 KiB = 40960 bytes, beside the SDK's own and two task stacks of 8 and 16 KiB):"
$tools-nm -S "$out/ram.o" | awk '$4 ~ /^ram_/ { print $4, $2 }' | {
  sum=0
  while read -r name hex; do
    size=$((0x$hex))
    sum=$((sum + size))
    printf '  %-24s %7d\n' "${name#ram_}" "$size"
  done
  printf '  %-24s %7d\n' total "$sum"
  [ "$sum" -le 40960 ] || { echo "figures: over the budget of 40 KiB" >&2; exit 1; }
}
