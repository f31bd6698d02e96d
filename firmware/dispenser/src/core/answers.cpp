#include "answers.h"

#include <cstring>

namespace yaguts {

Answer* Answers::find(const char* id) {
  for (Answer& it : list_) {
    if (it.id[0] != 0 && std::strcmp(it.id, id) == 0) return &it;
  }
  return nullptr;
}

Answer& Answers::add(const char* id) {
  // At most one runs (motor commands come one at a time), so a place is found at the second try.
  if (list_[next_].running) next_ = (next_ + 1) % contract::RECENT_COMMANDS;
  Answer& answer = list_[next_];
  next_ = (next_ + 1) % contract::RECENT_COMMANDS;
  answer = {};
  std::strncpy(answer.id, id, sizeof answer.id - 1);
  return answer;
}

bool Answers::send(const Answer& it, Outbox& outbox) {
  const bool accepted = it.code == contract::CommandRefusal::none;
  JsonWriter json = outbox.json();
  json.open('{').key("id").string(it.id);
  if (!accepted) json.key("code").string(contract::kCommandRefusals[static_cast<size_t>(it.code)]);
  if (it.op != contract::Command::none) {
    if (it.has_ran) json.key("ran_ms").uint(it.ran_ms);
    json.close('}');
    return outbox.send(json, accepted ? contract::kCommandAccepted : contract::kCommandRejected, 0, 0,
                       contract::kCommands[static_cast<size_t>(it.op)]);
  }
  if (accepted) {
    json.key("item_ordem");
    if (it.item_ordem == 0) json.null();
    else json.uint(it.item_ordem);
  }
  json.close('}');
  return outbox.send(json, accepted ? contract::kCancelAccepted : contract::kCancelRejected, it.job_id);
}

bool Answers::pump(Outbox& outbox) {
  for (Answer& it : list_) {
    if (!it.due || it.running) continue;
    if (!send(it, outbox)) return false;
    it.due = false;
  }
  return true;
}

}  // namespace yaguts
