#include "http/websocket.hpp"

#include <openssl/evp.h>

namespace weir::http {
namespace {

constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

bool is_base64(char c) noexcept {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
         c == '/';
}

// 16 bytes are 22 base64 digits and "==".
bool is_key(std::string_view key) noexcept {
  if (key.size() != 24 || !key.ends_with("==")) return false;
  for (const char c : key.substr(0, 22)) {
    if (!is_base64(c)) return false;
  }
  return true;
}

}  // namespace

UpgradeProblem check_upgrade(const RequestHead& head) noexcept {
  if (head.method != "GET" || head.framing != Framing::none) {
    return {400, "a WebSocket is opened with GET and no body"};
  }
  if (head.fields.find(FieldId::sec_websocket_version) != "13") {
    return {426, "only WebSocket version 13 is served"};
  }
  if (!is_key(head.fields.find(FieldId::sec_websocket_key))) {
    return {400, "Sec-WebSocket-Key is not 16 bytes in base64"};
  }
  return {};
}

std::string websocket_accept(std::string_view key) {
  std::string text(key);
  text += kGuid;
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha1(), nullptr);
  unsigned char encoded[64];
  const int length = EVP_EncodeBlock(encoded, digest, static_cast<int>(size));
  return {reinterpret_cast<char*>(encoded), static_cast<std::size_t>(length)};
}

bool is_accepted(const ResponseHead& head, std::string_view expected_accept) noexcept {
  return head.status == 101 && head.upgrades_websocket &&
         head.fields.find(FieldId::sec_websocket_accept) == expected_accept;
}

}  // namespace weir::http
