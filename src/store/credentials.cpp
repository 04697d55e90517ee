#include "store/credentials.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include <array>

#include "base/assert.hpp"
#include "base/utf8.hpp"

namespace weir::store {
namespace {

constexpr std::size_t kSecretBytes = 32;

// Safe from any thread; it fails only without a source of randomness, and then nothing here may go
// on.
void need_sodium() {
  static const bool ready = sodium_init() >= 0;
  WEIR_ASSERT(ready);
}

}  // namespace

base::Result<void> check_password(std::string_view password) {
  if (password.size() < kPasswordBytesMin || password.size() > kPasswordBytesMax) {
    return base::fail(
        base::Errc::invalid_argument,
        fmt::format("the password must have {} to {} bytes", kPasswordBytesMin, kPasswordBytesMax));
  }
  bool plain = base::is_utf8(password);
  for (const char c : password) plain = plain && static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
  if (plain) return {};
  return base::fail(base::Errc::invalid_argument,
                    "the password has a control character, or is not UTF-8");
}

base::Result<std::string> hash_password(std::string_view password) {
  need_sodium();
  WEIR_CHECK(check_password(password));
  std::array<char, crypto_pwhash_STRBYTES> out{};
  const int failed = crypto_pwhash_str_alg(
      out.data(), password.data(), password.size(), crypto_pwhash_OPSLIMIT_INTERACTIVE,
      crypto_pwhash_MEMLIMIT_INTERACTIVE, crypto_pwhash_ALG_ARGON2ID13);
  if (failed != 0) return base::fail(base::Errc::overloaded, "no memory to hash the password");
  return std::string(out.data());
}

bool is_password(std::string_view hash, std::string_view password) {
  need_sodium();
  if (hash.size() >= crypto_pwhash_STRBYTES || password.size() > kPasswordBytesMax) return false;
  const std::string ended(hash);  // the library wants a NUL behind it
  return crypto_pwhash_str_verify(ended.c_str(), password.data(), password.size()) == 0;
}

void waste_password(std::string_view password) {
  need_sodium();
  std::array<unsigned char, crypto_pwhash_SALTBYTES> salt{};
  std::array<unsigned char, 32> out{};
  [[maybe_unused]] const int failed = crypto_pwhash(
      out.data(), out.size(), password.data(), std::min(password.size(), kPasswordBytesMax),
      salt.data(), crypto_pwhash_OPSLIMIT_INTERACTIVE, crypto_pwhash_MEMLIMIT_INTERACTIVE,
      crypto_pwhash_ALG_ARGON2ID13);
}

std::string new_secret() {
  need_sodium();
  constexpr int kForm = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
  std::array<unsigned char, kSecretBytes> bytes{};
  randombytes_buf(bytes.data(), bytes.size());
  std::array<char, sodium_base64_ENCODED_LEN(kSecretBytes, kForm)> text{};
  sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(), kForm);
  return text.data();
}

std::string new_token() { return std::string(kTokenPrefix) + new_secret(); }

std::string secret_digest(std::string_view secret) {
  need_sodium();
  std::array<unsigned char, crypto_generichash_BYTES> digest{};
  crypto_generichash(digest.data(), digest.size(),
                     reinterpret_cast<const unsigned char*>(secret.data()), secret.size(), nullptr,
                     0);
  std::array<char, crypto_generichash_BYTES * 2 + 1> text{};
  sodium_bin2hex(text.data(), text.size(), digest.data(), digest.size());
  return text.data();
}

bool is_same_digest(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace weir::store
