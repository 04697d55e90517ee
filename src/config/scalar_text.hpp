#pragma once
// Scalar texts: how shares, rates, keys and causes are written in weir.yaml. One reader and one
// printer for each, which are each other's inverse.
//
//   decimal  = 1*9DIGIT [ "." 1*6DIGIT ]
//   share    = decimal "%"
//   rate     = decimal "/s"
//   hash key = "client_ip" | "path" | "header:" name | "cookie:" name
//   cause    = "connect" | "reset" | "timeout" | "502" ...

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "balance/cause.hpp"
#include "config/address.hpp"
#include "config/settings.hpp"

namespace weir::config {

/// A decimal in millionths, which doubles hold exactly enough to come back: to_decimal() of what
/// was read is the same number.
std::optional<std::uint64_t> parse_millionths(std::string_view text) noexcept;
/// Shortest form: "1.25", "0".
std::string format_millionths(std::uint64_t millionths);

double share_of(std::uint64_t millionths) noexcept;  ///< of the number before '%'
double decimal_of(std::uint64_t millionths) noexcept;
std::string share_text(double share);      ///< 0.5 → "50%"
std::string per_second_text(double rate);  ///< 0.5 → "0.5/s"
std::string decimal_text(double value);    ///< 1.25 → "1.25"

Parsed<HashKey> parse_hash_key(std::string_view text);
std::string to_text(const HashKey& key);

/// Those that a configuration may name, in the order of balance::Cause.
std::vector<std::string_view> cause_words(balance::CauseSet causes);
std::vector<std::string_view> every_cause_word();
/// Statuses are written as numbers.
bool is_status_word(std::string_view word) noexcept;

}  // namespace weir::config
