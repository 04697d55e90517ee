// Bodies: each row whole, cut in two at every offset, and byte by byte, with the same content and
// the same verdict.
#include "http/body_decoder.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace weir::http {
namespace {

using namespace std::string_literals;

struct Decoded {
  std::string content;
  std::string trailers;
  std::size_t consumed = 0;
  bool done = false;
  int refused = 0;  // the status, 0 when it was not
  bool operator==(const Decoded&) const = default;
};

// As a connection does: what is not consumed comes again, with what follows.
Decoded decode(BodyDecoder body, const std::vector<std::string>& pieces) {
  Decoded out;
  std::string input;
  for (const std::string& piece : pieces) {
    input += piece;
    const BodyDecoder::Step step = body.decode(input);
    out.content += input.substr(0, step.content);
    out.consumed += step.consumed;
    input.erase(0, step.consumed);
    if (step.refused) {
      out.refused = step.status;
      break;
    }
  }
  out.done = body.done();
  out.trailers = body.trailers();
  return out;
}

std::vector<std::string> bytes_of(const std::string& text) {
  std::vector<std::string> out;
  for (const char c : text) out.emplace_back(1, c);
  return out;
}

struct Row {
  std::string name;
  std::string bytes;
  std::string content;
  int refused = 0;
  bool done = true;
};

// Content before a refusal depends on the delivery by nature; the verdict does not.
void expect_row(const Row& row, const Decoded& got, const std::string& how) {
  SCOPED_TRACE("row " + row.name + ", " + how);
  EXPECT_EQ(got.refused, row.refused);
  if (row.refused != 0) return;
  EXPECT_EQ(got.done, row.done);
  EXPECT_EQ(got.content, row.content);
}

void run(const Row& row) {
  const Decoded whole = decode(BodyDecoder::chunked({}), {row.bytes});
  expect_row(row, whole, "whole");
  const std::size_t step = row.bytes.size() > 3000 ? 41 : 1;
  for (std::size_t cut = 0; cut <= row.bytes.size(); cut += step) {
    const Decoded parts =
        decode(BodyDecoder::chunked({}), {row.bytes.substr(0, cut), row.bytes.substr(cut)});
    expect_row(row, parts, "cut at " + std::to_string(cut));
    if (row.refused == 0) {
      EXPECT_EQ(parts, whole) << row.name << " at " << cut;
    }
    if (testing::Test::HasFailure()) return;  // one failure says it all
  }
  expect_row(row, decode(BodyDecoder::chunked({}), bytes_of(row.bytes)), "byte by byte");
}

TEST(BodyDecoder, LegalChunks) {
  const std::string zeros(15, '0');
  for (const Row& row : {
           Row{"plain", "5\r\nhello\r\n0\r\n\r\n", "hello"},
           Row{"two", "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", "hello"},
           Row{"hex", "0A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n", "01234567890123456789"},
           Row{"16 digits", zeros + "5\r\nhello\r\n0\r\n\r\n", "hello"},
           Row{"25 extension", "5;a=b\r\nhello\r\n0;c\r\n\r\n", "hello"},
           Row{"extension, quoted", "5;a=\"x y;z\"\r\nhello\r\n0\r\n\r\n", "hello"},
           Row{"24 space before ;", "5 ;a=b\r\nhello\r\n0 \t;x\r\n\r\n", "hello"},
           Row{"empty body", "0\r\n\r\n", ""},
           Row{"many zeros at the end", "0000000000000000\r\n\r\n", ""},
           Row{"trailer", "1\r\nx\r\n0\r\nX-A: 1\r\n\r\n", "x"},
           Row{"CRLF in data", "4\r\n\r\n\r\n\r\n0\r\n\r\n", "\r\n\r\n"},
           Row{"unfinished", "5\r\nhel", "hel", 0, false},
           Row{"no last chunk", "5\r\nhello\r\n", "hello", 0, false},
           Row{"no empty line", "0\r\n", "", 0, false},
           Row{"half an empty line", "0\r\n\r", "", 0, false},
           Row{"nothing", "", "", 0, false},
       }) {
    run(row);
  }
}

TEST(BodyDecoder, RefusedChunks) {
  for (const Row& row : {
           Row{"23a", "0x5\r\nhello\r\n0\r\n\r\n", "", 400},
           Row{"23b", "+5\r\nhello\r\n0\r\n\r\n", "", 400},
           Row{"23c", " 5\r\nhello\r\n0\r\n\r\n", "", 400},
           Row{"23d", "5_0\r\nhello\r\n0\r\n\r\n", "", 400},
           Row{"23e", "10000000000000005\r\nhello\r\n0\r\n\r\n", "", 400},
           Row{"16 digits, huge", "ffffffffffffffff\r\nhello\r\n0\r\n\r\n", "", 400},
           Row{"-1", "-1\r\nhello\r\n0\r\n\r\n", "", 400},
           Row{"24", "5 \r\nhello\r\n0\r\n\r\n", "", 400},
           Row{"space, then digits", "5 5\r\nhello\r\n0\r\n\r\n", "", 400},
           Row{"26", "5;a\nhello\r\n0\r\n\r\n", "", 400},
           Row{"27", "5;a\r\rhello\r\n0\r\n\r\n", "", 400},
           Row{"bare LF after the size", "5\nhello\r\n0\r\n\r\n", "", 400},
           Row{"NUL in an extension", "5;a\0b\r\nhello\r\n0\r\n\r\n"s, "", 400},
           Row{"28a", "5\r\nhello\n0\r\n\r\n", "", 400},
           Row{"28b", "5\r\nhelloXX0\r\n\r\n", "", 400},
           Row{"CR alone after data", "5\r\nhello\r0\r\n\r\n", "", 400},
           Row{"29a", "\r\n\r\n", "", 400},
           Row{"29b", "0\n\n", "", 400},
           Row{"empty size with extension", ";a\r\n\r\n", "", 400},
           Row{"second size is bad", "1\r\nx\r\nz\r\n", "", 400},
           Row{"trailer fold", "0\r\nX: a\r\n b\r\n\r\n", "", 400},
           Row{"trailer bare LF", "0\r\nX: a\nY: b\r\n\r\n", "", 400},
           Row{"trailer ends in LF", "0\r\nX: a\n\n", "", 400},
           Row{"trailer without colon", "0\r\nX\r\n\r\n", "", 400},
           Row{"trailer NUL", "0\r\nX: \0\r\n\r\n"s, "", 400},
           Row{"trailer CR", "0\r\nX: a\rb\r\n\r\n", "", 400},
           Row{"CR and not LF at the end", "0\r\n\rX\r\n", "", 400},
           Row{"1000 zeros", std::string(1000, '0') + "5\r\nhello\r\n0\r\n\r\n", "", 400},
       }) {
    run(row);
  }
}

TEST(BodyDecoder, TrailerLimits) {
  const auto fields = [](int count) {
    std::string out = "0\r\n";
    for (int i = 0; i < count; ++i) out += "X: a\r\n";
    return out + "\r\n";
  };
  run({"100 trailers", fields(100), ""});
  run({"101 trailers", fields(101), "", 431});
  run({"a large trailer", "0\r\nX: " + std::string(66'000, 'a') + "\r\n\r\n", "", 431});
}

TEST(BodyDecoder, TrailersOnFramingRoutingAndAuthenticationAreDropped) {
  const std::string bytes =
      "0\r\nX-Checksum:  abc \r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\nHost: b\r\n"
      "Authorization: x\r\nCookie: y\r\nConnection: close\r\nTrailer: z\r\nX-Forwarded-For: 1\r\n"
      "Forwarded: f\r\nExpect: 100-continue\r\nTE: t\r\nUpgrade: u\r\nContent-Type: c\r\n"
      "grpc-status: 0\r\n\r\n";
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    const Decoded got = decode(BodyDecoder::chunked({}), {bytes.substr(0, cut), bytes.substr(cut)});
    ASSERT_TRUE(got.done) << cut;
    ASSERT_EQ(got.trailers, "X-Checksum: abc\r\ngrpc-status: 0\r\n") << cut;
  }
}

TEST(BodyDecoder, ExtensionsAreBoundedOverTheWholeBody) {
  const auto body = [](std::size_t in_all) {
    std::string out;
    while (in_all > 1000) {
      out += "1;" + std::string(999, 'e') + "\r\nx\r\n";
      in_all -= 1000;
    }
    return out + "1;" + std::string(in_all - 1, 'e') + "\r\nx\r\n0\r\n\r\n";
  };
  run({"4095", body(4095), "xxxxx"});
  run({"4096", body(4096), "xxxxx"});
  run({"4097", body(4097), "", 400});
  std::string tiny;  // a byte of data with 4 KiB of extension, again and again
  for (int i = 0; i < 3; ++i) tiny += "1;" + std::string(4090, 'e') + "\r\nx\r\n";
  run({"repeated", tiny + "0\r\n\r\n", "", 400});
}

TEST(BodyDecoder, NothingBehindTheEndIsTouched) {
  const std::string next = "GET /evil HTTP/1.1\r\n\r\n";
  const std::string chunked = "1\r\nx\r\n0\r\n\r\n";
  for (std::size_t cut = 0; cut <= chunked.size(); ++cut) {
    const Decoded got =
        decode(BodyDecoder::chunked({}), {chunked.substr(0, cut), chunked.substr(cut) + next});
    EXPECT_EQ(got.consumed, chunked.size()) << cut;
    EXPECT_TRUE(got.done);
  }
  const std::string trailers = "0\r\nX: a\r\n\r\n";
  EXPECT_EQ(decode(BodyDecoder::chunked({}), {trailers + next}).consumed, trailers.size());
  EXPECT_EQ(decode(BodyDecoder::length(3), {"abc" + next}).consumed, 3u);
  EXPECT_EQ(decode(BodyDecoder::none(), {next}).consumed, 0u);
}

TEST(BodyDecoder, LengthCountsDown) {
  BodyDecoder body = BodyDecoder::length(10);
  std::string bytes = "abcd";
  EXPECT_EQ(body.decode(bytes).content, 4u);
  EXPECT_EQ(body.left(), 6u);
  body.skip(5);
  EXPECT_EQ(body.left(), 1u);
  EXPECT_FALSE(body.done());
  EXPECT_EQ(body.decode(bytes).consumed, 1u);
  EXPECT_TRUE(body.done());
  BodyDecoder spliced = BodyDecoder::length(7);
  spliced.skip(7);
  EXPECT_TRUE(spliced.done());
  EXPECT_TRUE(BodyDecoder::length(0).done());
}

TEST(BodyDecoder, UntilCloseIsNeverDoneByBytes) {
  const Decoded got = decode(BodyDecoder::until_close(), {"abc", "def"});
  EXPECT_EQ(got.content, "abcdef");
  EXPECT_FALSE(got.done);
  EXPECT_TRUE(BodyDecoder::none().done());
}

}  // namespace
}  // namespace weir::http
