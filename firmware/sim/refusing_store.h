// Flash that refuses: from one write (put or del) of this process on, for so many writes.
#pragma once

#include "../dispenser/src/core/ports.h"

namespace yaguts {

class RefusingStore : public Store {
 public:
  // from: 1-based, 0 never; count: 0 until the process ends.
  RefusingStore(Store& store, uint64_t from, uint64_t count) : store_(store), from_(from), count_(count) {}
  int get(const char* key, void* out, size_t cap) override { return store_.get(key, out, cap); }
  bool put(const char* key, const void* data, size_t len) override { return !refuses() && store_.put(key, data, len); }
  bool del(const char* key) override { return !refuses() && store_.del(key); }

  uint64_t refused() const { return refused_; }

 private:
  bool refuses() {
    ++writes_;
    if (from_ == 0 || writes_ < from_ || (count_ != 0 && writes_ >= from_ + count_)) return false;
    ++refused_;
    return true;
  }

  Store& store_;
  const uint64_t from_;
  const uint64_t count_;
  uint64_t writes_ = 0;
  uint64_t refused_ = 0;
};

}  // namespace yaguts
