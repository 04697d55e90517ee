#include "http/body_decoder.hpp"

#include <cstring>
#include <memory>

#include "http/chars.hpp"
#include "http/field_lines.hpp"

namespace weir::http {
namespace {

constexpr std::uint32_t kSizeDigitsMax = 16;        // leading zeros count: 1000 of them are abuse
constexpr std::uint32_t kExtensionBytesMax = 4096;  // a body
constexpr std::uint64_t kChunkMax = 1ull << 62;

}  // namespace

BodyDecoder BodyDecoder::length(std::uint64_t bytes) {
  BodyDecoder body;
  body.framing_ = Framing::length;
  body.left_ = bytes;
  body.done_ = bytes == 0;
  return body;
}

BodyDecoder BodyDecoder::chunked(const HeadLimits& limits) {
  BodyDecoder body;
  body.framing_ = Framing::chunked;
  body.done_ = false;
  body.limits_ = limits;
  return body;
}

BodyDecoder BodyDecoder::until_close() {
  BodyDecoder body;
  body.framing_ = Framing::until_close;
  body.done_ = false;
  return body;
}

BodyDecoder::Step BodyDecoder::decode(std::span<char> bytes) {
  if (done_) return {};
  switch (framing_) {
    case Framing::none:
      return {};
    case Framing::until_close:
      return {bytes.size(), bytes.size()};
    case Framing::length: {
      const auto take = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
      left_ -= take;
      done_ = left_ == 0;
      return {take, take};
    }
    case Framing::chunked:
      return decode_chunked(bytes);
  }
  return {};
}

BodyDecoder::Step BodyDecoder::refuse(Step step, const char* why, std::uint16_t status) {
  step.refused = true;
  step.why = why;
  step.status = status;
  return step;
}

// A byte of a size line after its first digit. False: not allowed here.
bool BodyDecoder::take_size_byte(char c) {
  const int digit = hex_value(c);
  if (digit >= 0) {
    if (size_digits_ == kSizeDigitsMax || left_ > kChunkMax / 16) return false;
    ++size_digits_;
    left_ = left_ * 16 + static_cast<unsigned>(digit);
    return true;
  }
  if (c == '\r') {
    state_ = State::size_lf;
    return true;
  }
  // "5 \r\n" is refused, "5 ;a=b" is legal: a space must lead to ';'.
  if (c == ';' || c == ' ' || c == '\t') {
    state_ = State::extension;
    extension_bytes_ += 1;
    seen_semicolon_ = c == ';';
    return extension_bytes_ <= kExtensionBytesMax;
  }
  return false;
}

BodyDecoder::Step BodyDecoder::decode_chunked(std::span<char> bytes) {
  Step step;
  std::size_t& i = step.consumed;
  while (i < bytes.size() && !done_) {
    const char c = bytes[i];
    switch (state_) {
      case State::size_first:
        if (hex_value(c) < 0) return refuse(step, "a chunk size that is not hexadecimal");
        left_ = 0;
        size_digits_ = 0;
        state_ = State::size;
        [[fallthrough]];
      case State::size:
        if (!take_size_byte(c)) return refuse(step, "a malformed chunk size");
        ++i;
        break;
      case State::extension:
        if (const char* why = take_extension_byte(c)) return refuse(step, why);
        ++i;
        break;
      case State::size_lf:
        if (c != '\n') return refuse(step, "a chunk size line that does not end in CRLF");
        state_ = left_ > 0 ? State::data : State::trailer;
        ++i;
        break;
      case State::data: {
        const auto take =
            static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size() - i));
        if (i != step.content) std::memmove(&bytes[step.content], &bytes[i], take);
        step.content += take;
        i += take;
        left_ -= take;
        if (left_ == 0) state_ = State::data_cr;
        break;
      }
      case State::data_cr:
        if (c != '\r') return refuse(step, "chunk data that does not end in CRLF");
        state_ = State::data_lf;
        ++i;
        break;
      case State::data_lf:
        if (c != '\n') return refuse(step, "chunk data that does not end in CRLF");
        state_ = State::size_first;
        ++i;
        break;
      case State::trailer:
        if (!take_trailer_line(bytes, step)) return step;
        break;
    }
  }
  return step;
}

// One line, or what there is of it: nothing after the empty line may be taken. False: refused.
bool BodyDecoder::take_trailer_line(std::span<char> bytes, Step& step) {
  const char* rest = &bytes[step.consumed];
  const std::size_t size = bytes.size() - step.consumed;
  const auto* lf = static_cast<const char*>(std::memchr(rest, '\n', size));
  const std::size_t take = lf != nullptr ? static_cast<std::size_t>(lf - rest) + 1 : size;
  const std::size_t before = trailer_bytes_.size();
  trailer_bytes_.append(rest, take);
  step.consumed += take;
  if (trailer_bytes_ == "\r\n") {
    done_ = true;
    return true;
  }
  // Judged when a line is whole, or begins with CR and has its second byte: as request heads are.
  const bool may_wait = before > 2 && trailer_bytes_.size() <= limits_.head_max &&
                        trailer_bytes_.find('\n', before - 2) == std::string::npos;
  if (may_wait) return true;
  auto fields = std::make_unique<FieldList>();
  const FieldScan scan = scan_fields(trailer_bytes_, 0, limits_, 400, *fields);
  if (scan.verdict.is_refused()) {
    step = refuse(step, scan.verdict.why, scan.verdict.status);
    return false;
  }
  if (!scan.verdict.is_complete()) return true;
  for (const Field& field : *fields) {
    if (is_forbidden_in_trailer(field.id)) continue;
    trailers_.append(fields->name(field));
    trailers_ += ": ";
    trailers_.append(fields->value(field));
    trailers_ += "\r\n";
  }
  done_ = true;
  return true;
}

// A byte between a size and the end of its line. Null: taken.
const char* BodyDecoder::take_extension_byte(char c) {
  const bool space = c == ' ' || c == '\t';
  if (c == '\r' && seen_semicolon_) {
    state_ = State::size_lf;
    return nullptr;
  }
  if (c == ';') {
    seen_semicolon_ = true;
  } else if (!space && (!seen_semicolon_ || static_cast<unsigned char>(c) < 0x20 || c == 0x7f)) {
    return "a malformed chunk extension";
  }
  return ++extension_bytes_ > kExtensionBytesMax ? "too much of chunk extensions" : nullptr;
}

}  // namespace weir::http
