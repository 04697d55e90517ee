#pragma once
// LocalAccess: users and tokens in the store of a weir that does not run, so that the first user
// can be made before the first start. It holds the data directory meanwhile; the rules are the
// API's.

#include <memory>
#include <string>
#include <vector>

#include "app/data_directory.hpp"
#include "store/store.hpp"
#include "store/tokens.hpp"
#include "store/users.hpp"

namespace weir::app {

class LocalAccess {
 public:
  enum class Missing : std::uint8_t { make, refuse };

  /// `store`: a target, or empty for that of `data`; `missing`: what to do without that directory.
  /// Makes the tables where they are missing. Fails: not_found; conflict while a weir uses it; as
  /// Store::open. Blocks, as all here.
  static base::Result<std::unique_ptr<LocalAccess>> open(const std::string& data,
                                                         const std::string& store,
                                                         Missing missing = Missing::refuse);

  base::Result<std::vector<store::User>> users();
  base::Result<std::vector<store::Token>> tokens();

  base::Result<void> add_user(const std::string& name, store::Role role,
                              const std::string& password);
  base::Result<void> set_role(const std::string& name, store::Role role);
  base::Result<void> set_password(const std::string& name, const std::string& password);
  base::Result<void> remove_user(const std::string& name);
  /// The token, which nobody can read again.
  base::Result<std::string> add_token(store::Token made);
  base::Result<void> revoke_token(std::int64_t id);

 private:
  LocalAccess() = default;
  base::Result<store::User> need_user(const std::string& name);
  base::Result<void> write(store::Write write);

  telemetry::Log log_;  // says nothing
  std::unique_ptr<DataDirectory> directory_;
  std::unique_ptr<store::Store> store_;
};

}  // namespace weir::app
