#pragma once
// Numbers as people read them in a narrow column, and small pictures of them. Pure.

#include <cstdint>
#include <span>
#include <string>

namespace weir::term {

/// "0", "4.2", "999", "12.3k", "4.5M": at most six columns below ten thousand million.
std::string rate_text(double per_second);
/// A count in full below 100,000, then as rate_text().
std::string count_text(double count);
/// "0.83", "12.4", "431", "12.3s"; "-" for 0, which means nothing was measured.
std::string ms_text(double ms);
/// Of a share 0 to 1, without the sign: "0", "0.4", "12", "100". What is not 0 never reads "0".
std::string percent_text(double share);
/// "512 B", "45 MiB", "1.2 GiB".
std::string memory_text(double bytes);
/// "12 s", "3 min 5 s", "2 h 7 min", "3 d 4 h".
std::string age_text(double seconds);

/// `share` of 1 as a bar of exactly `width` columns: "███▌    ".
std::string bar(double share, std::size_t width);

/// The newest value is the last. Exactly `width` columns for `slots` values that there may be;
/// where there is none yet, blanks. The highest is a full block, 0 the lowest line.
std::string sparkline(std::span<const double> values, std::size_t slots, std::size_t width);

}  // namespace weir::term
