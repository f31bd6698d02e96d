// What a finished job came to, for whoever runs many simulated dispensers.
#pragma once

#include <string>

#include "../dispenser/src/core/reporter.h"

namespace yaguts {

// One line of JSON: the device's final account (JobCompleteIn) with the entries in execution_logs.
inline std::string result_of(const JobRecord& record) {
  char text[1024];
  JsonWriter account(text, sizeof text);
  write_complete(record, account);
  std::string line(text, account.done());
  line.resize(line.size() - 2);  // the empty list, opened again
  for (size_t i = 0; i < record.job.n; ++i) {
    JsonWriter entry(text, sizeof text);
    if (!write_entry(record, i, entry)) continue;
    if (i > 0) line += ',';
    line.append(text, entry.done());
  }
  return line + "]}";
}

}  // namespace yaguts
