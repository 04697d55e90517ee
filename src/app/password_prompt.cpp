#include "app/password_prompt.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include <fstream>
#include <iostream>
#include <optional>

namespace weir::app {
namespace {

// The terminal does not show what is typed as long as this lives.
class Hidden {
 public:
  explicit Hidden(int fd) : fd_(fd) {
    if (::tcgetattr(fd_, &before_) != 0) return;
    termios hidden = before_;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    changed_ = ::tcsetattr(fd_, TCSAFLUSH, &hidden) == 0;
  }
  ~Hidden() {
    if (changed_) ::tcsetattr(fd_, TCSAFLUSH, &before_);
  }
  Hidden(const Hidden&) = delete;
  Hidden& operator=(const Hidden&) = delete;

 private:
  int fd_;
  termios before_{};
  bool changed_ = false;
};

std::optional<std::string> ask(int fd, const std::string& question) {
  [[maybe_unused]] const auto asked = ::write(fd, question.data(), question.size());
  std::string line;
  char c = 0;
  {
    const Hidden hidden(fd);
    while (::read(fd, &c, 1) == 1 && c != '\n') line += c;
  }
  [[maybe_unused]] const auto ended = ::write(fd, "\n", 1);
  if (c != '\n') return std::nullopt;
  return line;
}

std::string first_line(std::istream& stream) {
  std::string line;
  std::getline(stream, line);
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

}  // namespace

namespace {

enum class Times : std::uint8_t { once, twice };

base::Result<std::string> read(const std::string& file, const std::string& user, Times times) {
  if (file == "-") return first_line(std::cin);
  if (!file.empty()) {
    std::ifstream stream(file);
    if (!stream) {
      return base::fail(base::Errc::not_found, fmt::format("cannot read {}", file));
    }
    return first_line(stream);
  }
  const int fd = ::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) {
    return base::fail(base::Errc::invalid_argument,
                      "no terminal to ask for the password on; use --password-file FILE, or - for "
                      "the standard input");
  }
  const auto first = ask(fd, fmt::format("password of {}: ", user));
  const bool is_twice = times == Times::twice;
  const auto second = first && is_twice ? ask(fd, "again: ") : first;
  ::close(fd);
  if (!first || !second) return base::fail(base::Errc::cancelled, "no password");
  if (*first != *second) {
    return base::fail(base::Errc::invalid_argument, "the two passwords differ");
  }
  return *first;
}

}  // namespace

base::Result<std::string> read_password(const std::string& file, const std::string& user) {
  return read(file, user, Times::twice);
}

base::Result<std::string> read_known_password(const std::string& file, const std::string& user) {
  return read(file, user, Times::once);
}

}  // namespace weir::app
