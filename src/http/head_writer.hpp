#pragma once
// HeadWriter: builds a message head into scratch memory. It never writes past its room; a head that
// does not fit is noticed once, at the end (fits()). It takes validated parts only, and put_field
// drops any CR, LF or NUL, so that no template or header can split a message.

#include <charconv>
#include <cstring>
#include <span>
#include <string_view>

#include "http/head.hpp"

namespace weir::http {

class HeadWriter {
 public:
  explicit HeadWriter(std::span<char> room) noexcept
      : begin_(room.data()), p_(room.data()), end_(room.data() + room.size()) {}

  void put(std::string_view text) noexcept {
    if (static_cast<std::size_t>(end_ - p_) < text.size()) [[unlikely]] {
      fits_ = false;
      return;
    }
    if (!text.empty()) std::memcpy(p_, text.data(), text.size());  // null is not a source
    p_ += text.size();
  }
  void put_uint(std::uint64_t number) noexcept {
    const auto result = std::to_chars(p_, end_, number);
    fits_ = fits_ && result.ec == std::errc();
    p_ = result.ptr;
  }
  void put_hex(std::uint64_t number) noexcept {
    const auto result = std::to_chars(p_, end_, number, 16);
    fits_ = fits_ && result.ec == std::errc();
    p_ = result.ptr;
  }
  /// "name: value CRLF"; control bytes of either are left out.
  void put_field(std::string_view name, std::string_view value) noexcept {
    put_clean(name);
    put(": ");
    put_clean(value);
    put("\r\n");
  }

  /// The field lines that are not dropped, as they were received, in contiguous runs.
  void put_kept(const FieldList& fields, std::uint32_t head_bytes) noexcept;

  std::string_view text() const noexcept { return {begin_, static_cast<std::size_t>(p_ - begin_)}; }
  bool fits() const noexcept { return fits_; }

 private:
  void put_clean(std::string_view text) noexcept;

  char* begin_;
  char* p_;
  char* end_;
  bool fits_ = true;
};

/// "OK" of 200; "Status" for a code without a standard phrase. Lifetime: static.
std::string_view reason_phrase(std::uint16_t status) noexcept;

}  // namespace weir::http
