// Instance: what is changed at run time, laid over the file and kept.
#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <set>

#include "app/instance.hpp"
#include "app/open_store.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "config/effective.hpp"

namespace weir::app {
namespace {

using control::StateKey;
using control::StateKind;

store::OverlayRow row_of(std::string key, std::string value, std::string file,
                         const std::string& by) {
  return {.key = std::move(key),
          .value = std::move(value),
          .origin = origin_word(by),
          .who = by,
          .at_ms = base::wall_ms(),
          .file_value = std::move(file)};
}

// The text of a JSON string; nothing for anything else.
std::optional<std::string> text_of(const std::string& json) {
  const auto value = base::parse_json(json);
  if (!value || !value->is_string()) return std::nullopt;
  return std::string(value->get_string());
}

std::optional<control::BreakerAction> action_of(const std::string& json) {
  const auto word = text_of(json);
  const auto action = word ? control::parse_breaker_action(*word) : std::nullopt;
  const bool is_forced =
      action == control::BreakerAction::open || action == control::BreakerAction::close;
  return is_forced ? action : std::nullopt;
}

void add_wish(control::EndpointWishes& wishes, StateKind kind, const std::string& json) {
  if (kind == StateKind::drain) wishes.draining = json == "true";
  if (kind == StateKind::endpoint_breaker) wishes.breaker = action_of(json);
  if (kind != StateKind::weight) return;
  const auto weight = base::parse_uint(json);
  if (weight && *weight > 0 && *weight <= control::kWeightMax) {
    wishes.weight = static_cast<std::uint32_t>(*weight);
  }
}

// Taking back a key takes back all that is laid below it, and with a service its route.
std::vector<config::OverlayEdit> whole(const std::vector<config::OverlayEdit>& edits,
                                       const std::vector<store::OverlayRow>& rows) {
  constexpr std::string_view kServices = "services.";
  std::vector<config::OverlayEdit> out;
  for (const config::OverlayEdit& edit : edits) {
    if (edit.value) {
      out.push_back(edit);
      continue;
    }
    const bool is_service =
        edit.key.starts_with(kServices) && edit.key.rfind('.') == kServices.size() - 1;
    const std::string route = is_service ? "routes." + edit.key.substr(kServices.size()) : "";
    out.push_back(edit);
    for (const store::OverlayRow& row : rows) {
      if (row.key.starts_with(edit.key + ".") || (is_service && row.key == route)) {
        out.push_back({row.key, std::nullopt});
      }
    }
  }
  return out;
}

}  // namespace

base::Result<void> Instance::open_store_and_overlay() {
  const config::Settings& settings = *options_.loaded.settings;
  WEIR_TRY(store_, open_store(store_target(settings.admin.store, options_.data_directory), *log_));
  sink_->attach(store_.get());
  book_ = std::make_unique<OverlayBook>(store_.get(), *log_);
  numbers_ = std::make_unique<ServiceNumbers>(store_.get(), *log_);
  is_overlay_read_ = book_->load();
  from_ = options_.loaded.from;
  config::LoadResult loaded = read_what_fits();
  for (const std::string& key : loaded.ended) {
    book_->unset(key);
    log_->info("config", {{"key", key}},
               "the change made at run time has ended: the file has "
               "changed there");
  }
  surroundings_ = loaded.surroundings;
  auto next = std::make_shared<config::Settings>(*loaded.settings);
  std::map<std::string, std::string> definitions;
  for (const store::OverlayRow& row : book_->rows()) {
    for (const config::Service& service : next->services) {
      if (service.registered && row.key == "services." + service.name) {
        definitions[service.name] = row.value;
      }
    }
  }
  numbers_->assign(*next, definitions);
  in_force_ = {std::move(next), std::move(loaded.sources)};
  return {};
}

// The file with all that fits on it: a row that contradicts the file as it is now stands aside, and
// takes no other with it.
config::LoadResult Instance::read_what_fits() {
  std::set<std::string> idle;
  for (;;) {
    std::vector<store::OverlayRow> rows = book_->rows();
    std::erase_if(rows, [&](const store::OverlayRow& row) { return idle.contains(row.key); });
    config::LoadResult loaded = read_again(rows);
    if (loaded.settings != nullptr) {
      book_->set_idle(std::move(idle));
      return loaded;
    }
    std::set<std::string> named = rows_named(loaded.problems, rows);
    if (named.empty()) {  // it cannot be told which: none of them
      for (const config::OverlayEntry& each : config_entries(rows)) named.insert(each.key);
    }
    for (const config::Problem& each : loaded.problems) {
      log_->error("config", "changed at run time, and not possible any more: {}", to_text(each));
    }
    for (const std::string& key : named) {
      log_->error("config", {{"key", key}},
                  "the change made at run time stands aside; weir config "
                  "unset {} ends it",
                  key);
    }
    if (named.empty()) return options_.loaded;
    idle.merge(named);
  }
}

// A database that was away when weir began: what was changed before holds as soon as it is back.
void Instance::load_late(const std::stop_token& stop) {
  constexpr base::Duration kLook = std::chrono::seconds(1);
  std::mutex mutex;
  std::condition_variable_any waking;
  std::unique_lock waiting(mutex);
  while (!waking.wait_for(waiting, stop, kLook, [&] { return stop.stop_requested(); })) {
    if (!store_->health().ok || !book_->load()) continue;
    const std::lock_guard lock(reloading_);
    config::LoadResult loaded = read_what_fits();
    const std::vector<store::OverlayRow> rows = book_->active_rows();
    Candidate candidate = judge(loaded, nullptr);
    for (const std::string& each : candidate.outcome.problems) {
      log_->error("config", "changed at run time, and not possible any more: {}", each);
    }
    if (candidate.next != nullptr) {
      take_over(std::move(loaded), std::move(candidate), rows, "the store");
    }
    restore_state();
    log_->info("config", "the store is back: what was changed at run time holds again");
    return;
  }
}

config::LoadResult Instance::read_again(const std::vector<store::OverlayRow>& rows) const {
  return config::load_text(from_.text, from_.name, from_.folder, &options_.environment,
                           config_entries(rows));
}

InForce Instance::in_force() const {
  const std::lock_guard lock(in_force_mutex_);
  return in_force_;
}

base::Result<ReloadOutcome> Instance::change(const admin::ChangePlan& plan, const std::string& by,
                                             bool is_news) {
  const std::lock_guard lock(reloading_);
  const std::vector<store::OverlayRow> before = book_->rows();
  const auto in_force = this->in_force().settings;
  WEIR_TRY(const std::vector<config::OverlayEdit> wanted, plan({*in_force, before}));
  const config::LoadResult file = read_again({});
  std::map<std::string, store::OverlayRow> rows;
  for (store::OverlayRow& row : book_->active_rows())
    rows.insert_or_assign(row.key, std::move(row));
  const std::vector<config::OverlayEdit> edits = whole(wanted, before);
  for (const config::OverlayEdit& edit : edits) {
    rows.erase(edit.key);
    if (!edit.value) continue;
    const std::string said =
        file.sources == nullptr ? "" : config::written_text(file.sources->root(), edit.key);
    if (*edit.value == said) continue;  // the file says so itself
    store::OverlayRow row = row_of(edit.key, *edit.value, said, by);
    WEIR_CHECK(store::set(row));  // what cannot be kept is not begun
    rows.emplace(edit.key, std::move(row));
  }
  if (rows.size() > OverlayBook::kRowsMax) {
    return base::fail(base::Errc::conflict, fmt::format("there are {} changes already: the most "
                                                        "that are kept",
                                                        OverlayBook::kRowsMax));
  }
  std::vector<store::OverlayRow> list;
  for (const auto& [key, row] : rows) list.push_back(row);
  config::LoadResult loaded = read_again(list);
  Candidate candidate = judge(loaded, &statics_);
  ReloadOutcome out = candidate.outcome;
  if (candidate.next == nullptr) return out;
  for (const config::OverlayEdit& edit : edits) {
    const auto row = rows.find(edit.key);
    row != rows.end() ? book_->set(row->second) : void(book_->unset(edit.key));
  }
  take_over(std::move(loaded), std::move(candidate), list, by);
  out.applied = true;
  if (is_news) log_->info("config", {{"by", by}}, "changed: {}", fmt::join(out.plan, "; "));
  return out;
}

// ---- what the registry holds

void Instance::note(const StateKey& key, const std::optional<std::string>& value,
                    const std::string& by) {
  if (value) {
    book_->set(row_of(key.text(), *value, file_value(key, *in_force().settings), by));
  } else {
    book_->unset(key.text());
  }
}

void Instance::restore_state() {
  std::map<std::pair<std::string, std::string>, control::EndpointWishes> wishes;
  const auto tell = [&](const std::string& key, const auto& done) {
    if (!done) log_->warn("config", {{"key", key}}, "not given back: {}", done.error().detail());
  };
  const auto in_force = this->in_force().settings;
  const config::Settings& settings = *in_force;
  const base::Time now = base::real_now();
  for (const store::OverlayRow& row : book_->rows()) {
    const auto key = StateKey::parse(row.key);
    if (!key) continue;
    if (registry_->find_service_named(key->service) == nullptr ||
        file_value(*key, settings) != row.file_value) {
      book_->unset(row.key);
      continue;
    }
    if (key->kind == StateKind::service_breaker) {
      const auto action = action_of(row.value);
      if (action)
        tell(row.key, registry_->operate_breakers({key->service, {}}, *action, now, nullptr));
    } else if (key->kind == StateKind::arm) {
      const auto arm = text_of(row.value);
      const auto algorithm = arm ? balance::parse_algorithm(*arm) : std::nullopt;
      if (algorithm) tell(row.key, registry_->pin_arm(key->service, algorithm, now));
    } else {
      add_wish(wishes[{key->service, key->endpoint}], key->kind, row.value);
    }
  }
  for (const auto& [name, wish] : wishes) registry_->restore(name.first, name.second, wish, now);
}

// After another configuration: what was about a service that is gone, or about a weight that the
// file now says differently.
void Instance::end_state(const std::string& by) {
  const auto settings = in_force().settings;
  for (const store::OverlayRow& row : book_->rows()) {
    const auto key = StateKey::parse(row.key);
    if (!key) continue;
    const bool is_there =
        std::ranges::count(settings->services, key->service, &config::Service::name) > 0;
    if (is_there && file_value(*key, *settings) == row.file_value) continue;
    book_->unset(row.key);
    if (is_there) undo_state(*key);
    log_->info("config", {{"key", row.key}, {"by", by}}, "the change made at run time has ended");
  }
}

void Instance::undo_state(const StateKey& key) {
  const base::Time now = base::real_now();
  const control::EndpointName endpoint{key.endpoint, key.service};
  constexpr auto kAuto = control::BreakerAction::automatic;
  const auto tell = [&](const auto& done) {  // an endpoint that is not there now, mostly
    if (!done) log_->info("config", {{"key", key.text()}}, "{}", done.error().detail());
  };
  switch (key.kind) {
    case StateKind::weight:
      tell(registry_->set_weight(endpoint, std::nullopt, now));
      break;
    case StateKind::drain:
      tell(registry_->set_draining(endpoint, false, now, nullptr));
      break;
    case StateKind::endpoint_breaker:
      tell(registry_->operate_breakers({key.service, key.endpoint}, kAuto, now, nullptr));
      break;
    case StateKind::service_breaker:
      tell(registry_->operate_breakers({key.service, {}}, kAuto, now, nullptr));
      break;
    case StateKind::arm:
      tell(registry_->pin_arm(key.service, std::nullopt, now));
      break;
  }
  if (key.endpoint.empty()) return;
  // For an endpoint that is not there now.
  control::EndpointWishes left;
  for (const store::OverlayRow& row : book_->rows()) {
    const auto other = StateKey::parse(row.key);
    if (other && other->service == key.service && other->endpoint == key.endpoint) {
      add_wish(left, other->kind, row.value);
    }
  }
  registry_->restore(key.service, key.endpoint, left, now);
}

base::Result<void> Instance::unset(const std::string& key, const std::string& by) {
  if (!book_->has(key)) {
    return base::fail(base::Errc::not_found,
                      fmt::format("nothing was changed at run time at '{}'", key.substr(0, 200)));
  }
  if (const auto state = StateKey::parse(key)) {
    book_->unset(key);
    undo_state(*state);
    log_->info("config", {{"key", key}, {"by", by}}, "unset");
    return {};
  }
  if (book_->is_idle(key)) {  // nothing runs by it
    book_->unset(key);
    log_->info("config", {{"key", key}, {"by", by}}, "unset");
    return {};
  }
  const admin::ChangePlan plan = [key](const admin::ConfigNow&) {
    return base::Result<std::vector<config::OverlayEdit>>(
        std::vector<config::OverlayEdit>{{key, std::nullopt}});
  };
  WEIR_TRY(const ReloadOutcome done, change(plan, by, true));
  if (done.applied) return {};
  return base::fail(base::Errc::conflict,
                    done.problems.empty() ? "nothing was changed" : done.problems.front());
}

}  // namespace weir::app
