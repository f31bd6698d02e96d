// The core's Link over two mailboxes: the dispense task's end of them. The net
// task's end is Session. Never touches the network and never blocks.
#pragma once

#include "../core/ports.h"
#include "mailbox.h"

namespace yaguts {

class MailboxLink : public Link {
 public:
  // inbox: written by the net task; outbox: read by it. Both outlive this.
  MailboxLink(Mailbox& inbox, Mailbox& outbox) : inbox_(inbox), outbox_(outbox) {}

  bool publish(const char* topic, const uint8_t* payload, size_t len, uint8_t qos, bool retain) override {
    if (connection_ == 0) return false;
    Letter letter;
    letter.qos = qos;
    letter.retain = retain;
    letter.connection = connection_;
    letter.topic = topic;
    letter.topic_len = strlen(topic);
    letter.payload = payload;
    letter.payload_len = len;
    return outbox_.put(letter);
  }

  bool poll(LinkEvent& event) override {
    inbox_.pop();  // what the last call handed out
    Letter letter;
    if (!inbox_.front(letter)) return false;
    event = LinkEvent();
    event.connection = letter.connection;
    switch (letter.kind) {
      case LetterKind::kConnected:
        connection_ = letter.connection;
        event.kind = LinkEvent::kConnected;
        break;
      case LetterKind::kLost:
        connection_ = 0;
        event.kind = LinkEvent::kLost;
        break;
      case LetterKind::kMessage:
        event.kind = LinkEvent::kMessage;
        event.topic = letter.topic;
        event.topic_len = letter.topic_len;
        event.payload = letter.payload;
        event.payload_len = letter.payload_len;
        event.retain = letter.retain;
        break;
    }
    return true;
  }

  bool connected() const { return connection_ != 0; }

 private:
  Mailbox& inbox_;
  Mailbox& outbox_;
  uint16_t connection_ = 0;  // 0 between kLost and the next kConnected
};

}  // namespace yaguts
