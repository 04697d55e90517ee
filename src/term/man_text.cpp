#include "term/man_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "base/utf8.hpp"

namespace weir::term {
namespace {

// Of a valid sequence of two bytes or more.
std::uint32_t code_point(std::string_view sequence) {
  auto code = static_cast<std::uint32_t>(static_cast<unsigned char>(sequence[0]));
  code &= 0xffu >> (sequence.size() + 1);
  for (const char c : sequence.substr(1)) {
    code = code << 6 | (static_cast<unsigned char>(c) & 0x3fu);
  }
  return code;
}

// "\fB\-c\fR, \fB\-\-config\fR \fITEXT\fR"
std::string heading(const OptionWords& option) {
  std::string out;
  for (const std::string& name : option.names) {
    if (!out.empty()) out += ", ";
    out += (option.is_argument ? "\\fI" : "\\fB") + roff_escaped(name) + "\\fR";
  }
  if (!option.is_argument && !option.value.empty()) {
    out += " \\fI" + roff_escaped(option.value) + "\\fR";
  }
  return out;
}

std::string synopsis(const CommandWords& command, const std::string& path) {
  std::string out = "\\fB" + roff_escaped(path) + "\\fR";
  const auto is_option = [](const OptionWords& each) { return !each.is_argument; };
  if (std::ranges::any_of(command.options, is_option)) out += " [\\fIoptions\\fR]";
  for (const OptionWords& option : command.options) {
    if (!option.is_argument) continue;
    const std::string name = "\\fI" + roff_escaped(option.names.front()) + "\\fR";
    out += option.is_required ? " " + name : " [" + name + "]";
  }
  if (!command.commands.empty()) out += " \\fIcommand\\fR";
  return out;
}

void add_options(const CommandWords& command, std::string& out) {
  for (const OptionWords& option : command.options) {
    out += ".TP\n" + heading(option) + "\n" + roff_escaped(option.help) + ".";
    if (!option.choices.empty()) {
      std::string choices;
      for (const std::string& each : option.choices)
        choices += (choices.empty() ? "" : ", ") + each;
      out += "\nOne of: " + roff_escaped(choices) + ".";
    }
    if (option.is_required) out += "\nRequired.";
    out += "\n";
  }
}

// Notes and examples as they stand: their line ends mean something.
void add_as_it_stands(const std::string& text, std::string& out) {
  if (text.empty()) return;
  if (!out.ends_with(".SH NOTES\n")) out += ".PP\n";
  out += ".nf\n" + roff_escaped(text) + "\n.fi\n";
}

void add_commands(const CommandWords& command, const std::string& path, std::string& out) {
  for (const CommandWords& each : command.commands) {
    if (each.is_hidden) continue;
    const std::string name = path + " " + each.name;
    out += ".SS \"" + roff_escaped(name) + "\"\n" + synopsis(each, name) + "\n.PP\n" +
           roff_escaped(each.help) + ".\n";
    add_options(each, out);
    add_as_it_stands(each.footer, out);
    add_commands(each, name, out);
  }
}

}  // namespace

std::string roff_escaped(std::string_view text) {
  std::string out;
  bool is_line_start = true;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const std::size_t length = base::utf8_length(text, at);
    if (length > 1) {
      out += fmt::format("\\[u{:04X}]", code_point(text.substr(at, length)));
      at += length - 1;
      is_line_start = false;
      continue;
    }
    if (is_line_start && (c == '.' || c == '\'')) out += "\\&";
    is_line_start = c == '\n';
    switch (c) {
      case '\\':
        out += "\\e";
        break;
      case '-':
        out += "\\-";
        break;
      case '\'':
        out += "\\(aq";
        break;
      case '`':
        out += "\\(ga";
        break;
      case '^':
        out += "\\(ha";
        break;
      case '~':
        out += "\\(ti";
        break;
      case '"':
        out += "\\(dq";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string man_page(const CommandWords& root, std::string_view version) {
  std::string out = ".\\\" Made by `weir man`.\n.TH WEIR 1 \"2026-11-21\" \"weir " +
                    roff_escaped(version) + "\" \"weir\"\n.SH NAME\nweir \\- " +
                    roff_escaped(root.help.substr(
                        root.help.find(": ") == std::string::npos ? 0 : root.help.find(": ") + 2)) +
                    "\n.SH SYNOPSIS\n" + synopsis(root, "weir") + "\n.SH OPTIONS\n";
  add_options(root, out);
  out += ".SH COMMANDS\n";
  add_commands(root, "weir", out);
  out += ".SH NOTES\n";
  add_as_it_stands(root.footer, out);
  out +=
      ".SH ENVIRONMENT\n"
      ".TP\n\\fBCOLUMNS\\fR\nHow wide tables are where the output is no terminal.\n"
      ".TP\n\\fBNO_COLOR\\fR\nWhen set, no colours.\n"
      ".SH FILES\n"
      ".TP\n\\fIweir\\-data/weir.lock\\fR\nHow commands find the running weir.\n"
      ".TP\n\\fIweir\\-data/weir.log\\fR\nThe log of \\fBweir up\\fR.\n";
  return out;
}

}  // namespace weir::term
