#include "term/keys.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/utf8.hpp"

namespace weir::term {
namespace {

constexpr char kEscape = '\x1b';
constexpr std::size_t kSequenceMax = 16;  // longer ones are noise

struct Known {
  std::string_view text;  // after ESC [ or ESC O
  Key key;
};

constexpr std::array<Known, 10> kKnown = {{{"A", Key::up},
                                           {"B", Key::down},
                                           {"H", Key::home},
                                           {"F", Key::end},
                                           {"1~", Key::home},
                                           {"7~", Key::home},
                                           {"4~", Key::end},
                                           {"8~", Key::end},
                                           {"5~", Key::page_up},
                                           {"6~", Key::page_down}}};

Key known_key(std::string_view text) {
  const auto found = std::ranges::find(kKnown, text, &Known::text);
  return found == kKnown.end() ? Key::other : found->key;
}

}  // namespace

void KeyReader::feed(std::string_view bytes) {
  held_ += bytes.substr(0, kHeldMax - std::min(kHeldMax, held_.size()));
}

KeyPress KeyReader::take(std::size_t bytes, Key key) {
  KeyPress out{key, key == Key::character ? held_.substr(0, bytes) : std::string()};
  held_.erase(0, bytes);
  return out;
}

std::optional<KeyPress> KeyReader::sequence(bool is_quiet) {
  if (held_.size() == 1) {
    if (!is_quiet) return std::nullopt;
    return take(1, Key::escape);
  }
  if (held_[1] != '[' && held_[1] != 'O') return take(1, Key::escape);
  // Parameters end with a byte from @ to ~.
  for (std::size_t i = 2; i < held_.size() && i < kSequenceMax; ++i) {
    if (held_[i] < '@' || held_[i] > '~') continue;
    return take(i + 1, known_key(std::string_view(held_).substr(2, i - 1)));
  }
  if (!is_quiet && held_.size() < kSequenceMax) return std::nullopt;
  return take(std::min(held_.size(), kSequenceMax), Key::other);
}

std::optional<KeyPress> KeyReader::next(bool is_quiet) {
  if (held_.empty()) return std::nullopt;
  const auto byte = static_cast<unsigned char>(held_[0]);
  if (held_[0] == kEscape) return sequence(is_quiet);
  if (byte == '\r' || byte == '\n') return take(1, Key::enter);
  if (byte == 0x7f || byte == 0x08) return take(1, Key::backspace);
  if (byte < 0x20) return take(1, Key::other);
  if (const std::size_t length = base::utf8_length(held_, 0)) return take(length, Key::character);
  // Not (yet) a code point.
  if (held_.size() < 4 && byte >= 0xc2 && byte < 0xf5 && !is_quiet) return std::nullopt;
  return take(1, Key::other);
}

}  // namespace weir::term
