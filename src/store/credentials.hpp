#pragma once
// Credentials: what proves who somebody is. Passwords are kept as Argon2id hashes, tokens and
// cookies as BLAKE2b digests of 32 random bytes: a digest is enough there, because nobody can guess
// such a secret. libsodium does the work, in credentials.cpp only.
//
// Hashing and checking a password takes 64 MiB and some 50 ms on purpose: never on a lane.

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace weir::store {

inline constexpr std::size_t kPasswordBytesMin = 8;
inline constexpr std::size_t kPasswordBytesMax = 1024;

/// Pure. Fails: invalid_argument: shorter than 8 bytes, longer than 1,024, not UTF-8, control
/// characters.
base::Result<void> check_password(std::string_view password);

/// Argon2id, in the text form that holds its salt and limits. Blocks.
/// Fails: as check_password; overloaded without memory.
base::Result<std::string> hash_password(std::string_view password);

/// Blocks. False as well for a hash that is none.
bool is_password(std::string_view hash, std::string_view password);
/// As much work as is_password, for nothing: a name that does not exist must not be told from a
/// wrong password by the time it takes. Blocks.
void waste_password(std::string_view password);

inline constexpr std::string_view kTokenPrefix = "weir_";

/// 32 random bytes in base64url: 43 characters.
std::string new_secret();
/// The same behind `weir_`, by which scanners of repositories find a token that leaked.
std::string new_token();

/// BLAKE2b-256 of a token or cookie, in hexadecimal: what is stored and looked up.
std::string secret_digest(std::string_view secret);
/// In a time that depends on the lengths alone.
bool is_same_digest(std::string_view a, std::string_view b) noexcept;

}  // namespace weir::store
