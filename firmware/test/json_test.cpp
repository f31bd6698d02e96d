#include <cstring>

#include "../dispenser/src/core/json.h"
#include "check.h"

using yaguts::JsonReader;
using yaguts::JsonWriter;

namespace {

bool valid(const std::string& text) {
  JsonReader json(text.data(), text.size());
  return json.skip() && json.end();
}

// The number in milli units, or -1.
long long milli(const std::string& text, bool round = false) {
  JsonReader json(text.data(), text.size());
  uint64_t value;
  return json.read_milli(1000000000, round, value) && json.end() ? static_cast<long long>(value) : -1;
}

long long whole(const std::string& text, uint64_t max = yaguts::kMaxSafeInteger) {
  JsonReader json(text.data(), text.size());
  uint64_t value;
  return json.read_uint(max, value) && json.end() ? static_cast<long long>(value) : -1;
}

std::string text_of(const std::string& json_text, size_t cap = 64) {
  JsonReader json(json_text.data(), json_text.size());
  char out[64];
  return json.read_string(out, cap) && json.end() ? out : "<fault>";
}

}  // namespace

TEST("every form of RFC 8259 is read") {
  for (const char* it : {"{}", "[]", " { } ", "null", "true", "false", "0", "-0", "1.5e+3", "\"\"", "[1,2,[3,{}]]",
                         "{\"a\":1,\"b\":[true,null]}", "\"\\u00e9\\ud83d\\ude00\\n\"", "[[[[[[[[1]]]]]]]]"}) {
    if (!valid(it)) check::fault(__FILE__, __LINE__, std::string("refused: ") + it);
  }
}

TEST("whatever is not JSON is refused") {
  for (const char* it : {"", " ", "{", "}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}", "[1,]", "[,1]", "[1 2]", "{a:1}",
                         "{'a':1}", "01", "1.", ".5", "+1", "1e", "--1", "0x10", "NaN", "Infinity", "tru", "nul",
                         "\"", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\u0041\"", "\"a\nb\"",
                         "{} {}", "[1]]", "null,", "{\"a\":1 \"b\":2}", "// x\n1", "[[[[[[[[[1]]]]]]]]]"}) {
    if (valid(it)) check::fault(__FILE__, __LINE__, std::string("taken: ") + it);
  }
}

TEST("strings must be well-formed UTF-8") {
  CHECK(valid("\"\xC3\xA9 \xE2\x9C\x93 \xF0\x9F\x98\x80\""));
  for (const char* it : {"\"\x80\"", "\"\xC0\xAF\"", "\"\xC3\"", "\"\xE0\x80\x80\"", "\"\xED\xA0\x80\"",
                         "\"\xF4\x90\x80\x80\"", "\"\xF8\x88\x80\x80\x80\"", "\"\xE2\x9C\""}) {
    CHECK(!valid(it));
  }
}

TEST("a text cut off at any byte is refused") {
  const std::string text = "{\"a\":[1.5e2,\"\xC3\xA9\\u00e9\\ud83d\\ude00\",true,null],\"b\":{\"c\":false}}";
  CHECK(valid(text));
  for (size_t n = 0; n < text.size(); ++n) CHECK(!valid(text.substr(0, n)));
}

TEST("decimals become integers without floats") {
  CHECK_EQ(milli("2.5"), 2500);
  CHECK_EQ(milli("0.001"), 1);
  CHECK_EQ(milli("12"), 12000);
  CHECK_EQ(milli("1.250000"), 1250);
  CHECK_EQ(milli("1.25e1"), 12500);
  CHECK_EQ(milli("125e-3"), 125);
  CHECK_EQ(milli("0"), 0);
  CHECK_EQ(milli("-0"), 0);
  CHECK_EQ(milli("0e999"), 0);
  CHECK_EQ(milli("1e-3"), 1);
}

TEST("a fourth decimal is a fault, or rounded where the caller says so") {
  CHECK_EQ(milli("0.0001"), -1);
  CHECK_EQ(milli("0.30000000000000004"), -1);
  CHECK_EQ(milli("0.30000000000000004", true), 300);
  CHECK_EQ(milli("0.0005", true), 1);
  CHECK_EQ(milli("0.00049", true), 0);
  CHECK_EQ(milli("0.00000000000000000000000009", true), 0);
  CHECK_EQ(milli("1.23456789012345678901234567890", true), 1235);
}

TEST("numbers below zero or beyond the limit are faults") {
  CHECK_EQ(milli("-1"), -1);
  CHECK_EQ(milli("1e300"), -1);
  CHECK_EQ(milli("99999999999999999999999999"), -1);
  CHECK_EQ(whole("9007199254740991"), 9007199254740991ll);
  CHECK_EQ(whole("9007199254740992"), -1);
  CHECK_EQ(whole("1.5"), -1);
  CHECK_EQ(whole("1.0"), 1);
  CHECK_EQ(whole("1e1"), 10);
  CHECK_EQ(whole("256", 255), -1);
  CHECK_EQ(whole("18446744073709551617"), -1);
  CHECK_EQ(whole("\"1\""), -1);
  CHECK_EQ(whole("1e99999999999999999999"), -1);
}

TEST("a string that does not fit its buffer, or holds a NUL, is a fault") {
  CHECK_EQ(text_of("\"abc\"", 4), "abc");
  CHECK_EQ(text_of("\"abcd\"", 4), "<fault>");
  CHECK_EQ(text_of("\"a\\u0000b\""), "<fault>");
  CHECK_EQ(text_of("\"\\u00e9\\/\\\"\""), "\xC3\xA9/\"");
}

TEST("a key longer than any of ours matches none of them") {
  const std::string text = "{\"itensitensitensitensitensitens\":1,\"itens\\u0000\":2,\"itens\":3}";
  JsonReader json(text.data(), text.size());
  JsonReader::Key key;
  int matches = 0;
  json.begin_object();
  while (json.next_key(key)) {
    matches += key.is("itens");
    json.skip();
  }
  CHECK(json.end());
  CHECK_EQ(matches, 1);
}

TEST("depth beyond eight is refused without recursion") {
  const std::string deep(100000, '[');
  CHECK(!valid(deep));
}

TEST("the writer escapes, and reports what does not fit") {
  char out[96];
  JsonWriter json(out, sizeof out);
  json.open('{').key("a").string("\"\\\n\xC3\xA9").key("b").milli(1250).key("c").milli(5000).key("d").milli(7);
  json.key("e").sint(-60).key("f").open('[').uint(0).null().boolean(true).close(']').close('}');
  CHECK_EQ(json.done(), std::strlen(out));
  CHECK_EQ(std::string(out), "{\"a\":\"\\\"\\\\\\u000a\xC3\xA9\",\"b\":1.25,\"c\":5,\"d\":0.007,\"e\":-60,\"f\":[0,null,true]}");
  CHECK(valid(out));
  char small[8];
  JsonWriter cut(small, sizeof small);
  cut.open('{').key("abcdefgh").uint(1).close('}');
  CHECK_EQ(cut.done(), size_t{0});
}
