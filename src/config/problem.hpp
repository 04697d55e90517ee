#pragma once
// Problem: one mistake in a file, with the place a person has to look at.
//
// Reading never stops at the first mistake: every reader adds to one `Problems` and goes on. The
// list is bounded, so that a hostile file costs little, and what it keeps are the first problems
// of the file, because later ones are often consequences. Passwords of URLs are masked in every
// message (mask.hpp), whatever reader wrote it.

#include <compare>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir::config {

/// Line and column of a character, both from 1; columns count characters, not bytes.
struct Place {
  int line = 1;
  int column = 1;
  int layer = 0;  ///< 0: the file; else what Problems::add_layer() returned
  bool operator==(const Place&) const = default;
};

struct Problem {
  std::string file;  ///< or, with line 0, what else it is about: "environment PORT"
  int line = 1;
  int column = 1;
  std::string message;  ///< printable; its suggestion is at the end
  bool operator==(const Problem&) const = default;
};

/// What is wrong with one value, and what was probably meant (empty: no idea).
struct Fault {
  std::string message;
  std::string suggestion;
};

inline constexpr std::size_t kProblemsMax = 50;
inline constexpr std::size_t kMessageMax = 400;  // bytes, before the suggestion

/// `file:line:column: message`, or `file: message` for line 0.
std::string to_text(const Problem& problem);

/// The candidate that was probably meant: near by edit distance, or the only one that begins with
/// `word` or that `word` begins with. Empty if none. Cost: words over 64 bytes are not compared.
std::string suggest(std::string_view word, std::span<const std::string_view> candidates);

/// At most `bytes` of the text, cut at a character's border.
std::string_view clipped(std::string_view text, std::size_t bytes = 40) noexcept;

/// The text with \xNN in place of control bytes: what is printed cannot steer a terminal.
std::string printable(std::string_view text);

/// "a, b, c": the first 12 of a list, for messages.
std::string list_words(std::span<const std::string_view> words);

class Problems {
 public:
  explicit Problems(std::string file) : file_(std::move(file)) {}

  void error(Place place, std::string_view message, std::string_view suggestion = {});
  void error(Place place, const Fault& fault) { error(place, fault.message, fault.suggestion); }
  /// `key: message`, for a value whose key tells the reader more than its place.
  void error(Place place, std::string_view key, const Fault& fault);
  void warning(Place place, std::string_view message, std::string_view suggestion = {});

  /// A number for the places of what is not in the file; `name` stands for it in messages.
  int add_layer(std::string name);
  const std::vector<std::string>& layers() const noexcept { return layers_; }

  bool has_errors() const noexcept { return !errors_.empty(); }
  /// True when nobody will read one more: time not to spend work on a suggestion.
  bool crowded() const noexcept { return added_ > kProblemsMax; }

  /// Sorted by place, at most kProblemsMax. Leaves the list empty.
  std::vector<Problem> take_errors();
  std::vector<Problem> take_warnings();

 private:
  void add(std::vector<Problem>& list, Place place, std::string_view message,
           std::string_view suggestion);

  std::string file_;
  std::vector<std::string> layers_;
  std::vector<Problem> errors_;
  std::vector<Problem> warnings_;
  std::size_t added_ = 0;
};

}  // namespace weir::config
