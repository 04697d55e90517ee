#include "term/keys.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace weir::term::keys_test {

std::vector<KeyPress> all(KeyReader& reader, bool is_quiet) {
  std::vector<KeyPress> out;
  while (auto press = reader.next(is_quiet)) out.push_back(*press);
  return out;
}

TEST(Keys, WhatTerminalsSend) {
  const std::vector<std::pair<std::string, KeyPress>> rows = {
      {"q", {Key::character, "q"}},    {"é", {Key::character, "é"}},
      {"\r", {Key::enter, ""}},        {"\n", {Key::enter, ""}},
      {"\x7f", {Key::backspace, ""}},  {"\b", {Key::backspace, ""}},
      {"\x1b[A", {Key::up, ""}},       {"\x1bOB", {Key::down, ""}},
      {"\x1b[5~", {Key::page_up, ""}}, {"\x1b[6~", {Key::page_down, ""}},
      {"\x1b[H", {Key::home, ""}},     {"\x1b[4~", {Key::end, ""}},
      {"\x1b[1;5C", {Key::other, ""}}, {"\x01", {Key::other, ""}},
      {"\xff", {Key::other, ""}},
  };
  for (const auto& [bytes, press] : rows) {
    KeyReader whole;
    whole.feed(bytes);
    EXPECT_EQ(all(whole, false), std::vector{press}) << bytes;
    KeyReader pieces;
    std::vector<KeyPress> seen;
    for (const char byte : bytes) {
      pieces.feed(std::string_view(&byte, 1));
      for (const KeyPress& each : all(pieces, false)) seen.push_back(each);
    }
    EXPECT_EQ(seen, std::vector{press}) << bytes;
  }
}

TEST(Keys, ALoneEscapeIsOneOnlyWhenNothingFollows) {
  KeyReader reader;
  reader.feed("\x1b");
  EXPECT_TRUE(all(reader, false).empty());
  EXPECT_TRUE(reader.is_waiting());
  EXPECT_EQ(all(reader, true), (std::vector<KeyPress>{{Key::escape, ""}}));
  reader.feed("\x1bq");
  EXPECT_EQ(all(reader, false), (std::vector<KeyPress>{{Key::escape, ""}, {Key::character, "q"}}));
}

TEST(Keys, NoiseEndsAndIsBounded) {
  KeyReader reader;
  for (int i = 0; i < 100; ++i) reader.feed(std::string(1000, '\x1b') + "[" + std::string(50, '1'));
  EXPECT_LE(all(reader, true).size(), KeyReader::kHeldMax);
  EXPECT_FALSE(reader.is_waiting());
  reader.feed("\xe2\x82");
  EXPECT_TRUE(all(reader, false).empty());
  EXPECT_EQ(all(reader, true).size(), 2u);
}

}  // namespace weir::term::keys_test
