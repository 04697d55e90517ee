// Made and run while weir is built: reads api/openapi.yaml and writes a source file that holds it,
// as it is and as JSON. yaml-cpp is needed anyway, so the build needs no interpreter for this.
//
// usage: openapi_embed openapi.yaml openapi_text.cpp
//
// Plain scalars have the types of YAML 1.2's core schema; quoted ones are texts.

#include <yaml-cpp/yaml.h>

#include <cctype>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <regex>
#include <sstream>
#include <string>

namespace {

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      char escape[7];
      std::snprintf(escape, sizeof escape, "\\u%04x", byte);
      out += escape;
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string scalar(const YAML::Node& node) {
  static const std::regex kNumber(R"(-?(0|[1-9][0-9]*)(\.[0-9]+)?)");
  const std::string& text = node.Scalar();
  if (node.Tag() != "?") return quoted(text);
  if (text == "null" || text == "~") return "null";
  if (text == "true" || text == "false" || std::regex_match(text, kNumber)) return text;
  return quoted(text);
}

void append(std::string& out, const YAML::Node& node) {
  switch (node.Type()) {
    case YAML::NodeType::Map: {
      char before = '{';
      if (node.size() == 0) out += before;
      for (const auto& member : node) {
        out += before;
        out += quoted(member.first.Scalar()) + ":";
        append(out, member.second);
        before = ',';
      }
      out += '}';
      return;
    }
    case YAML::NodeType::Sequence: {
      char before = '[';
      if (node.size() == 0) out += before;
      for (const auto& each : node) {
        out += before;
        append(out, each);
        before = ',';
      }
      out += ']';
      return;
    }
    case YAML::NodeType::Scalar:
      out += scalar(node);
      return;
    default:
      out += "null";
  }
}

// A literal a line, so that no line and no literal is too long for a compiler.
std::string literal(const std::string& text) {
  std::string out;
  std::size_t in_line = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (in_line == 0) out += "    \"";
    if (c == '\n') {
      out += "\\n";
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte > 0x7e || c == '?') {  // no trigraph
      char escape[5];
      std::snprintf(escape, sizeof escape, "\\%03o", byte);
      out += escape;
    } else {
      out += c;
    }
    if (++in_line == 4000 || c == '\n') {
      out += "\"\n";
      in_line = 0;
    }
  }
  return out + (in_line == 0 ? "    \"\"" : "\"");
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) {
    std::cerr << "usage: openapi_embed openapi.yaml openapi_text.cpp\n";
    return 2;
  }
  std::ifstream in(arguments[1], std::ios::binary);
  std::ostringstream read;
  read << in.rdbuf();
  const std::string yaml = read.str();
  if (!in || yaml.empty()) {
    std::cerr << arguments[1] << ": cannot be read\n";
    return 1;
  }
  std::string json;
  try {
    append(json, YAML::Load(yaml));
  } catch (const YAML::Exception& wrong) {
    std::cerr << arguments[1] << ": " << wrong.what() << "\n";
    return 1;
  }
  json += '\n';
  std::ofstream out(arguments[2], std::ios::binary);
  const auto function = [&out](const char* name, const std::string& text) {
    out << "std::string_view " << name << "() noexcept {\n  static constexpr char kText[] =\n"
        << literal(text) << ";\n  return {kText, sizeof kText - 1};\n}\n\n";
  };
  out << "// Made from api/openapi.yaml by api/embed.cpp.\n#include \"admin/openapi.hpp\"\n\n"
      << "namespace weir::admin {\n\n";
  function("openapi_yaml", yaml);
  function("openapi_json", json);
  out << "}  // namespace weir::admin\n";
  return out.flush() ? 0 : 1;
}
