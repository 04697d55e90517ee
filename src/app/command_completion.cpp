// weir completion, weir man: made from the command line itself; weir __complete: the names that a
// completion asks for.
#include <fmt/format.h>

#include <memory>
#include <string>

#include "app/admin_call.hpp"
#include "app/command_line.hpp"
#include "app/commands.hpp"
#include "app/kept_client.hpp"
#include "app/show_lines.hpp"
#include "app/version.hpp"
#include "term/completion_text.hpp"
#include "term/man_text.hpp"
#include "term/text_width.hpp"
#include "term/traffic.hpp"

namespace weir::app {
namespace {

// Somebody waits with a finger on the tab key.
constexpr base::Duration kNamesTime = std::chrono::milliseconds(400);

struct NamesOptions {
  AdminTarget target;
  std::string kind;
};

void add_name(const std::string& name, std::string& out) {
  // A name that is not one word is no help on a command line.
  const bool is_word = term::clean(name) == name &&
                       name.find_first_of(" \t\"'`$\\;&|<>()*?[]{}!#~") == std::string::npos;
  if (is_word && !name.empty()) out += name + "\n";
}

// Silent whatever happens: its output goes between what somebody is typing.
int offer_names(const NamesOptions& options) {
  KeptClient client(options.target);
  const auto answer = client.get("/api/services", kNamesTime);
  if (!answer) return kOk;
  std::string out;
  for (const term::Service& service : term::read_traffic(*answer, nullptr, nullptr).services) {
    if (options.kind != "endpoint") add_name(service.name, out);
    if (options.kind == "service") continue;
    for (const term::Endpoint& endpoint : service.endpoints) add_name(endpoint.name, out);
  }
  show_text(out);
  return kOk;
}

}  // namespace

void add_completion(CommandLine& line) {
  auto shell = std::make_shared<std::string>();
  Command command = line.command("completion", "A script that completes weir's words in a shell");
  command.one_of("shell", *shell, {"bash", "zsh"}, "bash or zsh", Presence::required);
  command.footer(
      "Names of services and endpoints come from the running weir.\n"
      "Examples:\n"
      "  eval \"$(weir completion bash)\"               in ~/.bashrc\n"
      "  weir completion zsh >~/.zfunc/_weir          with ~/.zfunc in fpath");
  command.runs([shell, &line] {
    show_text(*shell == "bash" ? term::bash_completion(line.words())
                               : term::zsh_completion(line.words()));
    return kOk;
  });

  Command man = line.command("man", "The manual page, as roff");
  man.footer("Examples:\n  weir man | man -l -\n  weir man >/usr/local/share/man/man1/weir.1");
  man.runs([&line] {
    show_text(term::man_page(line.words(), kVersion));
    return kOk;
  });

  auto names = std::make_shared<NamesOptions>();
  Command offer = line.command("__complete", "Names for completion");
  offer.one_of("kind", names->kind, {"service", "endpoint", "name"}, "Names of what",
               Presence::required);
  add_target(offer, names->target);
  offer.hides();
  offer.runs([names] { return offer_names(*names); });
}

}  // namespace weir::app
