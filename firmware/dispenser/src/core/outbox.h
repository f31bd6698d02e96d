// Publishing by row: topic, QoS and retain flag come from the table, the payload from a JsonWriter.
#pragma once

#include "json.h"
#include "ports.h"
#include "topics.h"

namespace yaguts {

class Outbox {
 public:
  Outbox(Link& link, const Topics& topics) : link_(link), topics_(topics) {}

  // A fresh writer over the one payload buffer; what was in it is gone.
  JsonWriter json() { return JsonWriter(payload_, sizeof payload_); }
  // Sends what `json` wrote. False: no room now, or the payload did not fit (a fault of ours, seen in tests).
  bool send(JsonWriter& json, contract::Topic row, uint64_t job_id = 0, uint32_t item_ordem = 0,
            const char* op = "") {
    const size_t n = json.done();
    char topic[kMaxTopicBytes];
    if (n == 0 || !topics_.render(row, topic, sizeof topic, job_id, item_ordem, op)) return false;
    const contract::Row& rule = contract::kTopics[row];
    return link_.publish(topic, reinterpret_cast<const uint8_t*>(payload_), n, rule.qos,
                         rule.retain != contract::Retain::never);
  }

 private:
  Link& link_;
  const Topics& topics_;
  char payload_[1536];
};

}  // namespace yaguts
