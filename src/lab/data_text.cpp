#include "lab/data_text.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string_view>

namespace weir::lab {
namespace {

constexpr std::string_view kOpen = "[\n";
constexpr std::string_view kClose = "\n]";
constexpr std::string_view kRow = "{\"id\":10000000,\"value\":\"w00000000010000000\"}";
constexpr std::string_view kBetween = ",\n";
constexpr std::size_t kStep = kRow.size() + kBetween.size();
constexpr std::size_t kFrame = kOpen.size() + kClose.size();
constexpr std::size_t kIdAt = 6;  // of the row
constexpr std::size_t kCopyAt = 34;
constexpr std::size_t kIdSize = 8;  // numbers from 10000001 on never have another length
static_assert(kRow.substr(kIdAt, kIdSize) == "10000000");
static_assert(kRow.substr(kCopyAt, kIdSize) == "10000000");

// Row `index` with what separates it from the next.
void write_row(std::size_t index, char* out) noexcept {
  std::memcpy(out, kRow.data(), kRow.size());
  std::memcpy(out + kRow.size(), kBetween.data(), kBetween.size());
  std::to_chars(out + kIdAt, out + kIdAt + kIdSize, 10'000'001 + index);
  std::to_chars(out + kCopyAt, out + kCopyAt + kIdSize, 10'000'001 + index);
}

}  // namespace

DataText::DataText(std::size_t size) noexcept
    : size_(size), rows_(size < kFrame ? 0 : (size - kFrame) / kStep) {}

void DataText::read(std::size_t offset, std::span<char> out) const noexcept {
  const std::size_t rows_end = kOpen.size() + rows_ * kStep;
  char row[kStep];
  for (std::size_t i = 0; i < out.size();) {
    const std::size_t at = offset + i;
    if (at >= kOpen.size() && at < rows_end) {
      const std::size_t index = (at - kOpen.size()) / kStep;
      const std::size_t within = (at - kOpen.size()) % kStep;
      write_row(index, row);
      if (index + 1 == rows_) std::memset(row + kRow.size(), ' ', kBetween.size());
      const std::size_t n = std::min(kStep - within, out.size() - i);
      std::memcpy(out.data() + i, row + within, n);
      i += n;
      continue;
    }
    char c = ' ';
    if (rows_ > 0 && (at == 1 || at + 2 == size_)) c = '\n';
    if (at == 0) c = '[';
    if (at + 1 == size_ && size_ > 1) c = ']';
    out[i++] = c;
  }
}

}  // namespace weir::lab
