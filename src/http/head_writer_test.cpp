#include "http/head_writer.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "http/h1_request.hpp"

namespace weir::http {
namespace {

using namespace std::string_literals;

TEST(HeadWriter, PutsTextAndNumbers) {
  std::array<char, 128> room;
  HeadWriter out(room);
  out.put("HTTP/1.1 ");
  out.put_uint(200);
  out.put(" ");
  out.put_hex(0x1f40);
  out.put_uint(UINT64_MAX);
  EXPECT_EQ(out.text(), "HTTP/1.1 200 1f4018446744073709551615");
  EXPECT_TRUE(out.fits());
}

TEST(HeadWriter, AFieldCannotSplitAMessage) {
  std::array<char, 256> room;
  HeadWriter out(room);
  out.put_field("Location", "/a\r\nSet-Cookie: x\r\n\r\n<html>");
  out.put_field("X\r\nY", "a\0b\x7f\x01\tc"s);
  out.put_field("Empty", "");
  out.put_field("Only", "\r\n");
  EXPECT_EQ(out.text(), "Location: /aSet-Cookie: x<html>\r\nXY: ab\tc\r\nEmpty: \r\nOnly: \r\n");
  EXPECT_TRUE(out.fits());
}

TEST(HeadWriter, NeverWritesPastItsRoom) {
  for (std::size_t size = 0; size < 40; ++size) {
    std::vector<char> memory(64, '#');
    HeadWriter out(std::span(memory.data(), size));
    out.put("0123456789");
    out.put_uint(1234567890123456789ull);
    out.put_hex(0xabcdef);
    out.put_field("Name", "value");
    EXPECT_EQ(out.fits(), false) << size;
    EXPECT_LE(out.text().size(), size);
    EXPECT_EQ(std::string(memory.begin() + static_cast<std::ptrdiff_t>(size), memory.end()),
              std::string(64 - size, '#'))
        << size;
  }
  std::vector<char> exact(10);
  HeadWriter out(exact);
  out.put("0123456789");
  EXPECT_TRUE(out.fits());
}

TEST(HeadWriter, KeptFieldsAreCopiedInRuns) {
  const std::string text =
      "GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nB:2\r\nConnection: X-C\r\nX-C: 3\r\nD:  4 \r\n"
      "Keep-Alive: 5\r\n\r\n";
  std::vector<char> scratch(text.size());
  RequestHead head;
  ASSERT_TRUE(parse_request(text, {}, scratch, head).is_complete());
  std::array<char, 256> room;
  HeadWriter out(room);
  out.put_kept(head.fields, head.bytes);
  EXPECT_EQ(out.text(), "A: 1\r\nB:2\r\nD:  4 \r\n");
  for (Field& field : head.fields) field.dropped = true;
  HeadWriter none(room);
  none.put_kept(head.fields, head.bytes);
  EXPECT_EQ(none.text(), "");
  for (Field& field : head.fields) field.dropped = false;
  HeadWriter all(room);
  all.put_kept(head.fields, head.bytes);
  EXPECT_EQ(all.text(), text.substr(16, text.size() - 18));
}

TEST(HeadWriter, EveryStatusWeMakeHasItsPhrase) {
  for (const int status :
       {100, 101, 200, 204, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 405, 408, 409,
        413, 414, 415, 417, 421, 422, 426, 429, 431, 500, 501, 502, 503, 504, 505, 508}) {
    EXPECT_NE(reason_phrase(static_cast<std::uint16_t>(status)), "Status") << status;
  }
  EXPECT_EQ(reason_phrase(299), "Status");
}

}  // namespace
}  // namespace weir::http
