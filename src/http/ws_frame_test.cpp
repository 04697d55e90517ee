#include "http/ws_frame.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace weir::http::ws_frame_test {

constexpr std::string_view kMask = "\x11\x22\x33\x44";

std::string masked(std::string_view payload) {
  std::string out(kMask);
  for (std::size_t i = 0; i < payload.size(); ++i)
    out += static_cast<char>(payload[i] ^ kMask[i % 4]);
  return out;
}

// A client's frame. `first`: FIN, reserved bits and opcode.
std::string frame(unsigned first, std::string_view payload) {
  std::string out(1, static_cast<char>(first));
  if (payload.size() < 126) {
    out += static_cast<char>(0x80 | payload.size());
  } else if (payload.size() < 65536) {
    out += static_cast<char>(0x80 | 126);
    out += static_cast<char>(payload.size() >> 8);
    out += static_cast<char>(payload.size());
  } else {
    out += static_cast<char>(0x80 | 127);
    for (int i = 7; i >= 0; --i) out += static_cast<char>(payload.size() >> (8 * i));
  }
  return out + masked(payload);
}

// What comes of the bytes, `piece` at a time: "text hello; ping x; close 1000 bye; refused 1002".
std::string told(std::string_view bytes, std::size_t piece, WsLimits limits = {}) {
  WsReader reader(limits);
  std::string out;
  std::string input;
  while (!bytes.empty() || !input.empty()) {
    const std::size_t take = std::min(piece, bytes.size());
    input += bytes.substr(0, take);
    bytes.remove_prefix(take);
    for (bool again = true; again && !input.empty();) {
      const WsReader::Step step = reader.read(input);
      EXPECT_LE(step.consumed, input.size());
      input.erase(0, step.consumed);
      again = step.message.has_value();
      if (!out.empty() && (again || step.refused != 0)) out += "; ";
      if (step.refused != 0) out += "refused " + std::to_string(step.refused);
      if (!again) continue;
      const WsMessage& message = *step.message;
      constexpr const char* kNames[] = {"?", "text", "binary", "",     "",    "",
                                        "",  "",     "close",  "ping", "pong"};
      out += kNames[static_cast<int>(message.kind)];
      if (message.code != 0) out += " " + std::to_string(message.code);
      const bool is_long = message.payload.size() > 40;
      out += " " + (is_long ? std::to_string(message.payload.size()) : message.payload);
    }
    if (bytes.empty() && reader.ended()) break;
    if (bytes.empty()) {
      EXPECT_EQ(input, "");
      break;
    }
  }
  return out;
}

struct Row {
  const char* name;
  std::string bytes;
  std::string expected;
};

void check(const std::vector<Row>& rows, WsLimits limits = {}) {
  for (const Row& row : rows) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{7}, SIZE_MAX}) {
      EXPECT_EQ(told(row.bytes, piece, limits), row.expected) << row.name << ", " << piece;
    }
  }
}

TEST(WsReader, ReadsMessagesHoweverTheyAreCut) {
  const std::string k125(125, 'a');
  check({
      {"nothing", "", ""},
      {"text", frame(0x81, "hello"), "text hello"},
      {"empty text", frame(0x81, ""), "text "},
      {"binary", frame(0x82, "\xff\xfe"), "binary \xff\xfe"},
      {"two messages", frame(0x81, "a") + frame(0x81, "b"), "text a; text b"},
      {"in pieces", frame(0x01, "he") + frame(0x00, "ll") + frame(0x80, "o"), "text hello"},
      {"a ping inside", frame(0x01, "he") + frame(0x89, "x") + frame(0x80, "y"),
       "ping x; text hey"},
      {"a pong", frame(0x8a, ""), "pong "},
      {"the largest control frame", frame(0x89, k125), "ping 125"},
      {"length in 2 bytes", frame(0x81, std::string(126, 'a')), "text 126"},
      {"64 KiB, the limit", frame(0x82, std::string(65536, 'a')), "binary 65536"},
      {"a character across frames", frame(0x01, "\xc3") + frame(0x80, "\xa4"), "text \xc3\xa4"},
      {"close", frame(0x88, ""), "close 1005 "},
      {"close with code",
       frame(0x88,
             "\x03\xe8"
             "bye"),
       "close 1000 bye"},
      {"close of an application", frame(0x88, "\x0f\xa0"), "close 4000 "},
      {"after a close nothing is read", frame(0x88, "") + frame(0x81, "x"), "close 1005 "},
      {"half a frame", frame(0x81, "hello").substr(0, 8), ""},
  });
}

TEST(WsReader, RefusesWhatBreaksTheProtocol) {
  const std::string unmasked = std::string("\x81\x02hi", 4);
  check({
      {"not masked", unmasked, "refused 1002"},
      {"not masked and empty", std::string("\x81\x00", 2), "refused 1002"},
      {"reserved bit 1", frame(0xc1, "x"), "refused 1002"},
      {"reserved bit 2", frame(0xa1, "x"), "refused 1002"},
      {"reserved bit 3", frame(0x91, "x"), "refused 1002"},
      {"opcode 3", frame(0x83, "x"), "refused 1002"},
      {"opcode 7", frame(0x87, "x"), "refused 1002"},
      {"opcode 11", frame(0x8b, "x"), "refused 1002"},
      {"opcode 15", frame(0x8f, "x"), "refused 1002"},
      {"a ping in pieces", frame(0x09, "x"), "refused 1002"},
      {"a close in pieces", frame(0x08, ""), "refused 1002"},
      {"a ping of 126", frame(0x89, std::string(126, 'a')), "refused 1002"},
      {"nothing goes on", frame(0x80, "x"), "refused 1002"},
      {"nothing goes on after a message", frame(0x81, "a") + frame(0x80, "b"),
       "text a; refused 1002"},
      {"text inside text", frame(0x01, "a") + frame(0x81, "b"), "refused 1002"},
      {"5 in 2 bytes", std::string("\x81\xfe\x00\x05", 4) + masked("hello"), "refused 1002"},
      {"200 in 8 bytes", std::string("\x82\xff\0\0\0\0\0\0\0\xc8", 10) + std::string(kMask),
       "refused 1002"},
      {"length with its top bit",
       std::string("\x82\xff\x80\0\0\0\0\0\0\0", 10) + std::string(kMask), "refused 1002"},
      {"half a close code", frame(0x88, "\x03"), "refused 1002"},
      {"close 999", frame(0x88, "\x03\xe7"), "refused 1002"},
      {"close 1004", frame(0x88, "\x03\xec"), "refused 1002"},
      {"close 1005", frame(0x88, "\x03\xed"), "refused 1002"},
      {"close 1006", frame(0x88, "\x03\xee"), "refused 1002"},
      {"close 1015", frame(0x88, "\x03\xf7"), "refused 1002"},
      {"close 2000", frame(0x88, "\x07\xd0"), "refused 1002"},
      {"close 5000", frame(0x88, "\x13\x88"), "refused 1002"},
      {"a reason that is not UTF-8", frame(0x88, "\x03\xe8\xff"), "refused 1007"},
      {"text that is not UTF-8", frame(0x81, "a\xff"), "refused 1007"},
      {"half a character", frame(0x81, "\xc3"), "refused 1007"},
      {"a surrogate", frame(0x81, "\xed\xa0\x80"), "refused 1007"},
      {"after a refusal nothing is read", frame(0x83, "") + frame(0x81, "x"), "refused 1002"},
  });
}

TEST(WsReader, HasBounds) {
  const std::string announced = std::string("\x82\xff\0\0\0\0\0\1\0\1", 10) + std::string(kMask);
  check({
      {"64 KiB and 1, by its head alone", announced, "refused 1009"},
      {"2^62", std::string("\x82\xff\x40\0\0\0\0\0\0\0", 10) + std::string(kMask), "refused 1009"},
      {"together too much",
       frame(0x02, std::string(60'000, 'a')) + frame(0x80, std::string(6'000, 'b')),
       "refused 1009"},
  });
  std::string pieces = frame(0x01, "");
  for (int i = 0; i < 126; ++i) pieces += frame(0x00, "");
  check({{"128 empty frames", pieces + frame(0x80, "x"), "text x"},
         {"129", pieces + frame(0x00, "") + frame(0x80, "x"), "refused 1008"}});
  check({{"4 of 4", frame(0x81, "abcd"), "text abcd"}, {"5", frame(0x81, "abcde"), "refused 1009"}},
        {.message_max = 4});
}

TEST(WsFrames, AreWholeAndNotMasked) {
  EXPECT_EQ(ws_frame(WsKind::text, "hi"), "\x81\x02hi");
  EXPECT_EQ(ws_frame(WsKind::ping, ""), std::string("\x89\x00", 2));
  EXPECT_EQ(ws_frame(WsKind::text, std::string(125, 'a')).substr(0, 3),
            "\x81\x7d"
            "a");
  EXPECT_EQ(ws_frame(WsKind::text, std::string(126, 'a')).substr(0, 5),
            std::string("\x81\x7e\x00\x7e"
                        "a",
                        5));
  EXPECT_EQ(ws_frame(WsKind::binary, std::string(65'536, 'a')).substr(0, 11),
            std::string("\x82\x7f\0\0\0\0\0\1\0\0a", 11));
  EXPECT_EQ(ws_close_frame(1001, "bye"),
            "\x88\x05\x03\xe9"
            "bye");
  EXPECT_EQ(ws_close_frame(kWsNoCode, "bye"), std::string("\x88\x00", 2));
  const std::string cut = ws_close_frame(1000, std::string(122, 'a') + "\xc3\xa4");
  EXPECT_EQ(cut.size(), 2 + 2 + 122u) << "not inside a character";
}

}  // namespace weir::http::ws_frame_test
