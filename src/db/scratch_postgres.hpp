#pragma once
// ScratchPostgres: a private PostgreSQL server for tests, in a folder of its own below /tmp, on a
// Unix socket only. It can be stopped, killed and started again on the same files. One server
// serves a test program; each test gets a schema of its own (ScratchSchema). For tests.

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "db/connection.hpp"

namespace weir::db {

class ScratchPostgres {
 public:
  /// The test program's server; nullptr when PostgreSQL is not installed or will not start, and
  /// then missing() says why.
  static ScratchPostgres* shared() {
    static const std::unique_ptr<ScratchPostgres> server = make();
    return server.get();
  }
  static std::string& missing() {
    static std::string why = "skipped: needs PostgreSQL (Debian: postgresql-15)";
    return why;
  }

  /// Stops the server and removes its files.
  ~ScratchPostgres() {
    end(SIGINT);
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  ScratchPostgres(const ScratchPostgres&) = delete;
  ScratchPostgres& operator=(const ScratchPostgres&) = delete;

  /// Waits until the server takes connections. False: it did not start.
  bool start() {
    int log[2];
    if (::pipe2(log, O_CLOEXEC) != 0) return false;
    ::fcntl(log[1], F_SETPIPE_SZ, 1 << 20);  // nobody reads it after the start
    server_ = run({binaries_ + "/postgres",
                   "-D",
                   folder_ + "/data",
                   "-k",
                   folder_,
                   "-c",
                   "listen_addresses=",
                   "-c",
                   "fsync=off",
                   "-c",
                   "full_page_writes=off",
                   "-c",
                   "shared_buffers=16MB",
                   "-c",
                   "max_connections=40",
                   "-c",
                   "autovacuum=off",
                   "-c",
                   "log_min_messages=log",
                   "-c",
                   "logging_collector=off"},
                  log[1]);
    ::close(log[1]);
    log_ = log[0];
    std::string said;
    char piece[512];
    pollfd waited{log_, POLLIN, 0};
    while (::poll(&waited, 1, 30'000) == 1) {
      const auto got = ::read(log_, piece, sizeof piece);
      if (got <= 0) break;
      said.append(piece, static_cast<std::size_t>(got));
      if (said.find("ready to accept connections") != std::string::npos) return true;
    }
    missing() = "skipped: needs a PostgreSQL that starts; it said: " + said;
    end(SIGQUIT);
    return false;
  }
  /// Ends sessions and stops.
  void stop() { end(SIGINT); }
  /// As if the machine lost power: recovery runs at the next start.
  void kill() { end(SIGQUIT); }

  std::string conninfo() const { return "host=" + folder_ + " user=weir dbname=postgres"; }

 private:
  explicit ScratchPostgres(std::string binaries) : binaries_(std::move(binaries)) {}

  static std::unique_ptr<ScratchPostgres> make() {
    std::string newest;
    std::error_code ignored;
    for (const auto& each : std::filesystem::directory_iterator("/usr/lib/postgresql", ignored)) {
      const std::string found = each.path().string() + "/bin";
      if (std::filesystem::exists(found + "/initdb") && found > newest) newest = found;
    }
    if (newest.empty()) return nullptr;
    std::unique_ptr<ScratchPostgres> made(new ScratchPostgres(newest));
    if (!made->initialise() || !made->start()) return nullptr;
    return made;
  }

  bool initialise() {
    char name[] = "/tmp/weir-pg-XXXXXX";
    if (::mkdtemp(name) == nullptr) return false;
    folder_ = name;
    if (::geteuid() == 0) {  // the server refuses to be root
      const passwd* postgres = ::getpwnam("postgres");
      if (postgres == nullptr) {
        missing() = "skipped: needs a user `postgres`, since the server refuses to run as root";
        return false;
      }
      user_ = postgres->pw_uid;
      group_ = postgres->pw_gid;
      if (::chown(name, user_, group_) != 0) return false;
    }
    const int log = ::open((folder_ + "/initdb.log").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    const pid_t initdb = run({binaries_ + "/initdb", "-D", folder_ + "/data", "-U", "weir", "-A",
                              "trust", "-E", "UTF8", "--no-locale", "--no-sync"},
                             log);
    ::close(log);
    int status = -1;
    ::waitpid(initdb, &status, 0);
    if (status != 0)
      missing() = "skipped: needs an initdb that works; status " + std::to_string(status);
    return status == 0;
  }

  // Between fork and exec only what is safe there; it dies with this program.
  pid_t run(const std::vector<std::string>& words, int output) const {
    std::vector<char*> arguments;
    for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    const pid_t child = ::fork();
    if (child != 0) return child;
    ::dup2(output, 1);
    ::dup2(output, 2);
    const bool is_other = user_ != 0;
    if (is_other &&
        (::setgroups(0, nullptr) != 0 || ::setgid(group_) != 0 || ::setuid(user_) != 0)) {
      ::_exit(126);
    }
    ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
    if (::chdir(folder_.c_str()) != 0) ::_exit(126);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }

  void end(int signal) {
    if (server_ > 0) {
      ::kill(server_, signal);
      ::waitpid(server_, nullptr, 0);
    }
    if (log_ >= 0) ::close(log_);
    server_ = -1;
    log_ = -1;
  }

  const std::string binaries_;
  std::string folder_;
  uid_t user_ = 0;
  gid_t group_ = 0;
  pid_t server_ = -1;
  int log_ = -1;
};

/// An empty place in the shared server: a schema of its own. target() is empty without a server.
class ScratchSchema {
 public:
  ScratchSchema() {
    auto* server = ScratchPostgres::shared();
    if (server == nullptr) return;
    static int made = 0;
    const std::string name = "t" + std::to_string(++made);
    auto connection = connect({Dialect::postgresql, server->conninfo()});
    if (!connection || !(*connection)->execute("CREATE SCHEMA " + name)) return;
    target_ =
        Target{Dialect::postgresql, server->conninfo() + " options='-c search_path=" + name + "'"};
  }
  const std::optional<Target>& target() const noexcept { return target_; }

 private:
  std::optional<Target> target_;
};

/// A SQLite file in a folder that goes with it.
class ScratchFile {
 public:
  ScratchFile() {
    char name[] = "/tmp/weir-db-XXXXXX";
    if (::mkdtemp(name) == nullptr) return;
    folder_ = name;
    target_ = Target{Dialect::sqlite, folder_ + "/weir.db"};
  }
  ~ScratchFile() {
    std::error_code ignored;
    if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
  }
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;
  const std::optional<Target>& target() const noexcept { return target_; }

 private:
  std::string folder_;
  std::optional<Target> target_;
};

}  // namespace weir::db
