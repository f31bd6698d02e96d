// The ring between the two tasks, with two real threads in the last test.
#include "../../dispenser/src/mqtt/mailbox_link.h"

#include <sched.h>

#include <string>
#include <thread>

#include "check.h"

using namespace yaguts;

namespace {

bool put(Mailbox& box, const std::string& topic, const std::string& payload) {
  Letter letter;
  letter.qos = 1;
  letter.retain = true;
  letter.connection = 7;
  letter.topic = topic.c_str();
  letter.topic_len = topic.size();
  letter.payload = reinterpret_cast<const uint8_t*>(payload.data());
  letter.payload_len = payload.size();
  return box.put(letter);
}

std::string payload_of(const Letter& letter) {
  return std::string(reinterpret_cast<const char*>(letter.payload), letter.payload_len);
}

}  // namespace

TEST("a letter arrives as it was put, its topic with a NUL") {
  Mailbox box;
  CHECK(box.empty());
  CHECK(put(box, "a/b", "xyz"));
  Letter letter;
  CHECK(box.front(letter));
  CHECK(letter.kind == LetterKind::kMessage && letter.qos == 1 && letter.retain && letter.connection == 7);
  CHECK(strcmp(letter.topic, "a/b") == 0 && letter.topic_len == 3 && payload_of(letter) == "xyz");
  CHECK(box.front(letter) && payload_of(letter) == "xyz");
  box.pop();
  CHECK(!box.front(letter) && box.empty());
  box.pop();
  CHECK(put(box, "c", "") && box.front(letter) && letter.payload_len == 0);
}

TEST("a full box refuses, keeps what it holds, and takes again once one is gone") {
  Mailbox box;
  const std::string big(1000, 'x');
  int held = 0;
  while (put(box, "t", big + std::to_string(held))) ++held;
  CHECK(held == 8);
  Letter letter;
  CHECK(box.front(letter) && payload_of(letter) == big + "0");
  box.pop();
  CHECK(put(box, "t", big + "8"));
  for (int i = 1; i <= 8; ++i) {
    CHECK(box.front(letter) && payload_of(letter) == big + std::to_string(i));
    box.pop();
  }
  CHECK(box.empty());
}

TEST("the largest job document fits twice, from any place in the ring") {
  for (int start = 0; start < 200; ++start) {
    Mailbox box;
    for (int i = 0; i < start; ++i) {
      CHECK(put(box, "x", std::string(static_cast<size_t>(i % 61), 'y')));
      Letter letter;
      CHECK(box.front(letter));
      box.pop();
    }
    const std::string topic(120, 't'), job(3072, 'j');
    CHECK(put(box, topic, job));
    Letter letter;
    CHECK(box.front(letter) && payload_of(letter) == job);
  }
}

TEST("the link publishes only on a connection, and stamps it") {
  Mailbox inbox, outbox;
  MailboxLink link(inbox, outbox);
  const uint8_t byte = 'x';
  CHECK(!link.publish("t", &byte, 1, 1, true));
  Letter event;
  event.kind = LetterKind::kConnected;
  event.connection = 3;
  CHECK(inbox.put(event));
  LinkEvent seen;
  CHECK(link.poll(seen) && seen.kind == LinkEvent::kConnected && seen.connection == 3);
  CHECK(link.publish("t", &byte, 1, 1, true));
  Letter sent;
  CHECK(outbox.front(sent) && sent.connection == 3 && sent.qos == 1 && sent.retain);
  event.kind = LetterKind::kLost;
  CHECK(inbox.put(event));
  CHECK(link.poll(seen) && seen.kind == LinkEvent::kLost);
  CHECK(!link.publish("t", &byte, 1, 1, true));
  CHECK(!link.poll(seen));
}

TEST("two threads, 200,000 letters of every size: all arrive, in order and whole") {
  static Mailbox box;
  constexpr uint32_t kLetters = 200000;
  std::thread writer([] {
    for (uint32_t i = 0; i < kLetters;) {
      const std::string payload = std::to_string(i) + std::string(i * 31 % 900, static_cast<char>('a' + i % 26));
      if (put(box, "t" + std::to_string(i % 1000), payload)) ++i;
      else sched_yield();
    }
  });
  uint32_t wrong = 0;
  for (uint32_t i = 0; i < kLetters;) {
    Letter letter;
    if (!box.front(letter)) {
      sched_yield();
      continue;
    }
    const std::string expected = std::to_string(i) + std::string(i * 31 % 900, static_cast<char>('a' + i % 26));
    if (payload_of(letter) != expected || "t" + std::to_string(i % 1000) != letter.topic) ++wrong;
    box.pop();
    ++i;
  }
  writer.join();
  CHECK(wrong == 0 && box.empty());
}

int main() { return check::run("Mailbox"); }
