#pragma once
// BatchWriter: writes a batch in one transaction, once in effect, and makes the connection again
// when it was lost. No queue, no thread, no waiting between tries: that is the writer's.
//
//   store_writers(id, batch, at_ms)
// holds the number of the last batch of each writer, changed by the batch's own transaction. When a
// connection is lost during a commit, the row says after reconnecting whether the batch is there.
// Blocks. One thread at a time.

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "db/connection.hpp"
#include "store/backlog.hpp"

namespace weir::store {

class BatchWriter {
 public:
  BatchWriter(db::Target target, db::ConnectOptions options, std::unique_ptr<db::Connection> first,
              std::int64_t (*wall_ms)() noexcept);

  struct Tried {
    base::Result<void> result;
    /// With an error: the database is at fault and not the batch. Try the same batch again later.
    bool outage = false;
  };
  /// Requires: after an outage, the same batch again.
  Tried write(std::span<const Backlog::Entry> batch);

  /// Runs one statement outside a batch; rows it changed.
  base::Result<std::int64_t> run(const Statement& statement);

  /// After a failed try: whether its batch may have taken effect.
  bool is_commit_unknown() const noexcept { return commit_unknown_; }

 private:
  base::Result<void> make_ready();
  base::Result<void> announce();
  base::Result<bool> was_written();
  Tried write_transaction(std::span<const Backlog::Entry> batch);
  Tried execute(const Statement& statement);
  Tried failed(base::Error error) const;

  // Fixed after construction.
  const db::Target target_;
  const db::ConnectOptions options_;
  const std::string id_;
  std::int64_t (*const wall_ms_)() noexcept;

  std::unique_ptr<db::Connection> connection_;
  bool announced_ = false;       // the database of connection_ has our row
  std::uint64_t batch_ = 0;      // number of the batch written last, or under way
  bool commit_unknown_ = false;  // of batch_
};

}  // namespace weir::store
