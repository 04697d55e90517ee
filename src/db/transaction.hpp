#pragma once
// Transaction: everything between begin() and commit() takes effect together or not at all. Going
// out of scope without a commit rolls back. One at a time on a connection.

#include <utility>

#include "db/connection.hpp"

namespace weir::db {

class [[nodiscard]] Transaction {
 public:
  /// SQLite takes the write lock at once (BEGIN IMMEDIATE), so that a transaction that has read
  /// never fails to write. Fails: conflict when one is open; busy; lost.
  static base::Result<Transaction> begin(Connection& connection) {
    WEIR_CHECK(connection.begin());
    return Transaction(connection);
  }

  Transaction(Transaction&& other) noexcept
      : connection_(std::exchange(other.connection_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction() { roll_back(); }

  /// Fails: conflict when a statement failed before: nothing has taken effect then. With the
  /// cause `lost` (or `io`) nobody knows whether it took effect: look before doing it again.
  base::Result<void> commit() { return std::exchange(connection_, nullptr)->commit(); }

  void roll_back() noexcept {
    if (connection_ != nullptr) std::exchange(connection_, nullptr)->roll_back();
  }

 private:
  explicit Transaction(Connection& connection) : connection_(&connection) {}
  Connection* connection_;
};

}  // namespace weir::db
