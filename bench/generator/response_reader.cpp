#include "generator/response_reader.hpp"

#include <strings.h>

#include <algorithm>
#include <charconv>

namespace generator {
namespace {

constexpr std::size_t kHeadBytesMax = 64 * 1024;

bool equals_ignore_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

template <class Number>
bool parse_whole(std::string_view text, Number& value, int base = 10) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

void ResponseReader::start() {
  stage_ = Stage::head;
  status_ = 0;
  keeps_alive_ = true;
  chunked_ = false;
  has_length_ = false;
  left_ = 0;
  body_bytes_ = 0;
  pending_.clear();
}

bool ResponseReader::fail() {
  stage_ = Stage::bad;
  return false;
}

ResponseReader::Progress ResponseReader::feed(std::string_view bytes) {
  if (stage_ == Stage::head && !take_head(bytes)) {
    return stage_ == Stage::bad ? Progress::bad : Progress::more;
  }
  if (stage_ == Stage::body) take_body(bytes, Stage::done);
  if (chunked_) {
    while (take_chunked(bytes)) {
    }
  }
  if (stage_ == Stage::bad || (stage_ == Stage::done && !bytes.empty())) {
    fail();
    return Progress::bad;
  }
  return stage_ == Stage::done ? Progress::done : Progress::more;
}

/// True when the head is complete. Copies it only when it came in pieces.
bool ResponseReader::take_head(std::string_view& bytes) {
  if (pending_.empty()) {
    const std::size_t end = bytes.find("\r\n\r\n");
    if (end != std::string_view::npos) {
      const std::string_view head = bytes.substr(0, end + 2);
      bytes.remove_prefix(end + 4);
      return parse_head(head);
    }
  }
  const std::size_t before = pending_.size();
  pending_ += bytes;
  const std::size_t end = pending_.find("\r\n\r\n", before < 3 ? 0 : before - 3);
  if (end == std::string::npos) {
    bytes = {};
    return pending_.size() > kHeadBytesMax ? fail() : false;
  }
  bytes.remove_prefix(end + 4 - before);
  const std::string head = pending_.substr(0, end + 2);
  pending_.clear();
  return parse_head(head);
}

/// `head` ends with the CRLF of its last line.
bool ResponseReader::parse_head(std::string_view head) {
  std::size_t end = head.find("\r\n");
  const std::string_view line = head.substr(0, end);
  if (line.size() < 12 || !line.starts_with("HTTP/1.") ||
      !parse_whole(line.substr(9, 3), status_)) {
    return fail();
  }
  keeps_alive_ = line[7] == '1';
  while (end + 2 < head.size()) {
    head.remove_prefix(end + 2);
    end = head.find("\r\n");
    if (!parse_field(head.substr(0, end))) return fail();
  }
  const bool has_no_body = status_ == 204 || status_ == 304;
  if (has_no_body) {
    stage_ = Stage::done;
  } else if (chunked_) {
    stage_ = Stage::chunk_size;
  } else if (has_length_) {
    stage_ = left_ == 0 ? Stage::done : Stage::body;
  } else {
    return fail();
  }
  return true;
}

bool ResponseReader::parse_field(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (equals_ignore_case(name, "content-length")) {
    if (has_length_ || chunked_) return false;
    has_length_ = true;
    return parse_whole(value, left_);
  }
  if (equals_ignore_case(name, "transfer-encoding")) {
    if (has_length_ || chunked_) return false;
    chunked_ = equals_ignore_case(value, "chunked");
    return chunked_;
  }
  if (equals_ignore_case(name, "connection")) {
    if (equals_ignore_case(value, "close")) keeps_alive_ = false;
    if (equals_ignore_case(value, "keep-alive")) keeps_alive_ = true;
  }
  return true;
}

/// True when a whole line, without its CRLF, has been moved to `line`.
bool ResponseReader::take_line(std::string_view& bytes, std::string& line) {
  const std::size_t end = bytes.find('\n');
  pending_ += bytes.substr(0, end == std::string_view::npos ? end : end + 1);
  if (pending_.size() > kHeadBytesMax) return fail();
  if (end == std::string_view::npos) {
    bytes = {};
    return false;
  }
  bytes.remove_prefix(end + 1);
  if (!pending_.ends_with("\r\n")) return fail();
  line = pending_.substr(0, pending_.size() - 2);
  pending_.clear();
  return true;
}

/// One step of a chunked body; false when it needs more bytes, is complete, or is bad.
bool ResponseReader::take_chunked(std::string_view& bytes) {
  if (stage_ == Stage::chunk_body) {
    take_body(bytes, Stage::chunk_end);
    return stage_ == Stage::chunk_end;
  }
  std::string line;
  if (!take_line(bytes, line)) return false;
  if (stage_ == Stage::chunk_end) {
    if (!line.empty()) return fail();
    stage_ = Stage::chunk_size;
  } else if (stage_ == Stage::chunk_size) {
    const std::string_view size = trimmed(std::string_view(line).substr(0, line.find(';')));
    if (!parse_whole(size, left_, 16)) return fail();
    stage_ = left_ == 0 ? Stage::trailer : Stage::chunk_body;
  } else if (line.empty()) {
    stage_ = Stage::done;
  }
  return stage_ != Stage::done;
}

void ResponseReader::take_body(std::string_view& bytes, Stage next) {
  const std::size_t count = std::min<std::uint64_t>(bytes.size(), left_);
  left_ -= count;
  body_bytes_ += count;
  bytes.remove_prefix(count);
  if (left_ == 0) stage_ = next;
}

}  // namespace generator
