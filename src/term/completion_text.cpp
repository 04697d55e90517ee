#include "term/completion_text.hpp"

#include <string_view>

namespace weir::term {
namespace {

// The tables are shell functions whose argument is the path of commands so far, "lab web".
//   _weir_commands PATH           the commands below it
//   _weir_options PATH            its options
//   _weir_kind "PATH OPTION"      of the option's value: "= a b" for fixed words, or a kind's word;
//                                 "-" for a value nothing is known of; nothing for a flag
//   _weir_kind "PATH @1"          of its first argument
struct Tables {
  std::string commands;
  std::string options;
  std::string kinds;
};

// Between single quotes. Words of weir have none in them, but a table must never be a command.
std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

std::string case_row(const std::string& key, const std::string& words) {
  return "    " + quoted(key) + ") echo " + quoted(words) + " ;;\n";
}

std::string kind_of(const OptionWords& option) {
  if (option.words != Words::fixed) {
    const std::string word = kind_word(option.words);
    return word.empty() ? "-" : word;
  }
  std::string out = "=";
  for (const std::string& each : option.choices) out += " " + each;
  return out;
}

void add_command(const CommandWords& command, const std::string& path, Tables& tables) {
  std::string below;
  std::string options;
  unsigned argument = 0;
  for (const CommandWords& each : command.commands) {
    if (!each.is_hidden) below += (below.empty() ? "" : " ") + each.name;
  }
  for (const OptionWords& option : command.options) {
    if (option.is_argument) {
      tables.kinds += case_row(path + " @" + std::to_string(++argument), kind_of(option));
      continue;
    }
    for (const std::string& name : option.names) {
      options += (options.empty() ? "" : " ") + name;
      if (!option.value.empty()) tables.kinds += case_row(path + " " + name, kind_of(option));
    }
  }
  if (!below.empty()) tables.commands += case_row(path, below);
  tables.options += case_row(path, options);
  for (const CommandWords& each : command.commands) {
    if (!each.is_hidden) {
      add_command(each, path.empty() ? each.name : path + " " + each.name, tables);
    }
  }
}

std::string shell_function(std::string_view name, const std::string& rows) {
  return std::string(name) + "() {\n  case \"$1\" in\n" + rows + "  esac\n}\n\n";
}

std::string tables_of(const CommandWords& root) {
  Tables tables;
  add_command(root, "", tables);
  return shell_function("_weir_commands", tables.commands) +
         shell_function("_weir_options", tables.options) +
         shell_function("_weir_kind", tables.kinds);
}

constexpr std::string_view kBash =
    R"sh(# Adds the words that begin as what was typed. Nothing is expanded: a name is only a name.
_weir_offer() { # TYPED PREFIX
  local word
  while IFS= read -r word; do
    [[ -n $word && $word == "$1"* ]] && COMPREPLY+=("${word#"$2"}")
  done
}

_weir_values() { # KIND TYPED PREFIX PROGRAM TARGET...
  local kind=$1 typed=$2 prefix=$3 program=$4
  shift 4
  case "$kind" in
    '='*) _weir_offer "$typed" "$prefix" < <(printf '%s\n' ${kind#=}) ;;
    service|endpoint|name)
      _weir_offer "$typed" "$prefix" < <("$program" __complete "$kind" "$@" 2>/dev/null) ;;
    file)
      compopt -o filenames 2>/dev/null
      _weir_offer "$typed" "$prefix" < <(compgen -f -- "$typed") ;;
    directory)
      compopt -o filenames 2>/dev/null
      _weir_offer "$typed" "$prefix" < <(compgen -d -- "$typed") ;;
  esac
}

_weir() {
  local piece word path='' want='' key kind glue='' position=1 i
  local -a words=() target=()
  COMPREPLY=()
  # Readline splits words at = and :, which are in options and endpoints.
  for piece in "${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
    if ((${#words[@]} > 1)) && [[ -n $glue || $piece == [:=]* ]]; then
      words[${#words[@]}-1]+=$piece
    else
      words+=("$piece")
    fi
    glue=''
    [[ $piece == *[:=] ]] && glue=1
  done
  local last=$((${#words[@]} - 1))
  for ((i = 1; i < last; i++)); do
    word=${words[i]}
    if [[ -n $want ]]; then
      [[ $want == --admin || $want == --data ]] && target+=("$want" "$word")
      want=''
    elif [[ $word == --*=* ]]; then
      [[ $word == --admin=* || $word == --data=* ]] && target+=("$word")
    elif [[ $word == -* ]]; then
      [[ -n $(_weir_kind "$path $word") ]] && want=$word
    elif [[ " $(_weir_commands "$path") " == *" $word "* ]]; then
      path="${path:+$path }$word"
    else
      position=$((position + 1))
    fi
  done
  word=${words[last]}
  local prefix=${word%"${word##*[:=]}"}
  if [[ -n $want ]]; then
    _weir_values "$(_weir_kind "$path $want")" "$word" "$prefix" "${words[0]}" "${target[@]}"
  elif [[ $word == --*=* ]]; then
    key=${word%%=*}
    local typed=${word#*=}
    _weir_values "$(_weir_kind "$path $key")" "$typed" "${typed%"${typed##*[:=]}"}" "${words[0]}" \
      "${target[@]}"
  elif [[ $word == -* ]]; then
    _weir_offer "$word" '' < <(printf '%s\n' $(_weir_options "$path"))
  else
    [[ $position -eq 1 ]] && _weir_offer "$word" '' < <(printf '%s\n' $(_weir_commands "$path"))
    _weir_values "$(_weir_kind "$path @$position")" "$word" "$prefix" "${words[0]}" "${target[@]}"
  fi
}

complete -F _weir weir
)sh";

constexpr std::string_view kZsh = R"sh(_weir_values() { # KIND PROGRAM TARGET...
  local kind=$1 program=$2
  local -a found
  shift 2
  case "$kind" in
    '='*) found=(${=kind#=}); compadd -a found ;;
    service|endpoint|name)
      found=("${(@f)$("$program" __complete "$kind" "$@" 2>/dev/null)}")
      found=(${found:#})
      compadd -a found ;;
    file) _files ;;
    directory) _files -/ ;;
  esac
}

_weir() {
  emulate -L zsh
  local word where='' want='' key position=1 i
  local -a target found
  for ((i = 2; i < CURRENT; i++)); do
    word=${words[i]}
    if [[ -n $want ]]; then
      [[ $want == --admin || $want == --data ]] && target+=("$want" "$word")
      want=''
    elif [[ $word == --*=* ]]; then
      [[ $word == --admin=* || $word == --data=* ]] && target+=("$word")
    elif [[ $word == -* ]]; then
      [[ -n $(_weir_kind "$where $word") ]] && want=$word
    elif [[ " $(_weir_commands "$where") " == *" $word "* ]]; then
      where="${where:+$where }$word"
    else
      position=$((position + 1))
    fi
  done
  word=${words[CURRENT]}
  if [[ -n $want ]]; then
    _weir_values "$(_weir_kind "$where $want")" "${words[1]}" "${target[@]}"
  elif [[ $word == --*=* ]]; then
    key=${word%%=*}
    compset -P '*='
    _weir_values "$(_weir_kind "$where $key")" "${words[1]}" "${target[@]}"
  elif [[ $word == -* ]]; then
    found=(${=$(_weir_options "$where")})
    compadd -a found
  else
    if [[ $position -eq 1 ]]; then
      found=(${=$(_weir_commands "$where")})
      compadd -a found
    fi
    _weir_values "$(_weir_kind "$where @$position")" "${words[1]}" "${target[@]}"
  fi
}

if [[ ${funcstack[1]} == _weir ]]; then
  _weir "$@"
else
  compdef _weir weir
fi
)sh";

}  // namespace

std::string kind_word(Words words) {
  switch (words) {
    case Words::service:
      return "service";
    case Words::endpoint:
      return "endpoint";
    case Words::service_or_endpoint:
      return "name";
    case Words::file:
      return "file";
    case Words::directory:
      return "directory";
    case Words::none:
    case Words::fixed:
      break;
  }
  return {};
}

std::string bash_completion(const CommandWords& root) {
  return "# bash completion for weir. Use it: eval \"$(weir completion bash)\"\n\n" +
         tables_of(root) + std::string(kBash);
}

std::string zsh_completion(const CommandWords& root) {
  return "#compdef weir\n# Use it: weir completion zsh >~/.zfunc/_weir, with ~/.zfunc in "
         "fpath.\n\n" +
         tables_of(root) + std::string(kZsh);
}

}  // namespace weir::term
