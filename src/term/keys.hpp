#pragma once
// Keys: what a terminal sends when keys are pressed, as keys. Bytes may come in any pieces; a lone
// escape is known only when nothing follows it. Pure; holds at most kHeldMax bytes.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::term {

enum class Key : std::uint8_t {
  character,
  enter,
  escape,
  backspace,
  up,
  down,
  page_up,
  page_down,
  home,
  end,
  other,  ///< a sequence without a meaning here
};

struct KeyPress {
  Key key = Key::other;
  std::string text;  ///< of a character: one code point

  friend bool operator==(const KeyPress&, const KeyPress&) = default;
};

class KeyReader {
 public:
  static constexpr std::size_t kHeldMax = 4096;  // a paste; what is beyond it is dropped

  void feed(std::string_view bytes);
  /// The next key, if it is whole. `is_quiet`: nothing more came for a while.
  std::optional<KeyPress> next(bool is_quiet);
  /// An escape was seen that may be the begin of more.
  bool is_waiting() const noexcept { return !held_.empty(); }

 private:
  std::optional<KeyPress> sequence(bool is_quiet);
  KeyPress take(std::size_t bytes, Key key);

  std::string held_;
};

}  // namespace weir::term
