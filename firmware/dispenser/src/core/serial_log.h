// The serial lines a maker knows from firmware v0.2, mirrored to log/{level}.
//
//   say(LogLevel::info, "EXEC", Line() << "Item " << 1 << '/' << 4)  ->  [EXEC] Item 1/4
#pragma once

#include <cstddef>
#include <cstdint>

#include "../contract.h"
#include "ports.h"
#include "topics.h"

namespace yaguts {

// One line of text in a fixed buffer; what does not fit is cut off at a character's edge.
class Line {
 public:
  Line& operator<<(const char* text);
  Line& operator<<(char c);
  Line& operator<<(uint64_t value);
  Line& operator<<(uint32_t value) { return *this << static_cast<uint64_t>(value); }
  Line& operator<<(int value) { return *this << static_cast<uint64_t>(value); }
  // Seconds with 1 to 3 decimals, cut, not rounded: 5023 ms with 2 -> 5.02s
  Line& seconds(uint64_t ms, int decimals);
  const char* text() const { return text_; }

 private:
  static constexpr size_t kBytes = 200;  // the wire takes 240
  char text_[kBytes] = "";
  size_t len_ = 0;
};

class SerialLog {
 public:
  SerialLog(Board& board, Link& link, const Topics& topics, Clock& clock)
      : board_(board), link_(link), topics_(topics), clock_(clock) {}

  // Lines are mirrored only after birth; one that finds no room is not worth a second try.
  void mirror(bool on) { mirror_ = on; }
  void say(contract::LogLevel level, const char* tag, const Line& line);

 private:
  Board& board_;
  Link& link_;
  const Topics& topics_;
  Clock& clock_;
  bool mirror_ = false;
};

}  // namespace yaguts
