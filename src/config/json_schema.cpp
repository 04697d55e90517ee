#include "config/json_schema.hpp"

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/text.hpp"
#include "config/effective.hpp"
#include "config/scalar_text.hpp"
#include "config/schema.hpp"

namespace weir::config {
namespace {

namespace json = base::json;

json::string text_of(std::string_view text) { return json::string(text); }

template <class T>
json::object section_schema();

// The visitor that collects the properties of one section; rows: schema.hpp.
class SchemaWriter {
 public:
  json::object take() {
    json::object schema = {{"type", "object"}, {"additionalProperties", false}};
    if (!required_.empty()) schema["required"] = std::move(required_);
    schema["properties"] = std::move(properties_);
    return schema;
  }

  void boolean(const Row& row, bool& value) { add(row, {{"type", "boolean"}}, value); }
  void count(const Row& row, std::uint32_t& value, CountRange range) {
    add(row, {{"type", "integer"}, {"minimum", range.min}, {"maximum", range.max}}, value);
  }
  void port(const Row& row, std::uint16_t& value) {
    add(row, {{"type", "integer"}, {"minimum", 1}, {"maximum", 65535}}, value);
  }
  void one_of(const Row& row, std::uint32_t& value, std::span<const std::uint32_t> allowed) {
    add(row, {{"enum", json::array(allowed.begin(), allowed.end())}}, value);
  }
  void size(const Row& row, std::uint64_t& value, SizeRange range) {
    json::object type = {{"type", "string"},
                         {"pattern", "^[0-9]+([.][0-9]{1,9})?(B|KiB|MiB|GiB|KB|MB|GB)$"}};
    if (range.min == 0) type = {{"anyOf", {json::value(type), {{"const", 0}}}}};
    json::value initial = 0;
    if (value != 0) initial = text_of(base::format_bytes(value));
    add(row, std::move(type), std::move(initial));
  }
  void rate(const Row& row, std::uint64_t& value) {
    add(row,
        {{"type", "string"}, {"pattern", "^([0-9]+([.][0-9]{1,9})?(B|KiB|MiB|GiB|KB|MB|GB)|0)/s$"}},
        text_of(base::format_bytes(value) + "/s"));
  }
  void duration(const Row& row, Duration& value, TimeRange) {
    add(row, {{"type", "string"}, {"pattern", "^[0-9]+([.][0-9]{1,9})?(ns|us|ms|s|m|h|d)$"}},
        text_of(base::format_duration(value)));
  }
  void share(const Row& row, double& value, RealRange range) {
    json::object type = {{"type", "string"}, {"pattern", "^[0-9]{1,9}([.][0-9]{1,6})?%$"}};
    if (range.min == 0) type = {{"anyOf", {json::value(type), {{"const", 0}}}}};
    add(row, std::move(type), text_of(share_text(value)));
  }
  void per_second(const Row& row, double& value, RealRange) {
    add(row, {{"type", "string"}, {"pattern", "^[0-9]{1,9}([.][0-9]{1,6})?/s$"}},
        text_of(per_second_text(value)));
  }
  void real(const Row& row, double& value, RealRange range) {
    add(row, {{"type", "number"}, {"minimum", range.min}, {"maximum", range.max}}, value);
  }
  void causes(const Row& row, balance::CauseSet& value, std::string_view) {
    json::object schema = list_of({{"enum", cause_values(every_cause_word())}});
    schema["minItems"] = 1;
    schema["uniqueItems"] = true;
    add(row, std::move(schema), cause_values(cause_words(value)));
  }
  template <class Enum>
  void choice(const Row& row, Enum& value, const Choices& choices) {
    add(row, {{"enum", words(choices)}}, text_of(choices.names[static_cast<std::size_t>(value)]));
  }
  template <class Enum>
  void choices(const Row& row, std::vector<Enum>& values, const Choices& choices) {
    json::array initial;
    for (const Enum value : values) {
      initial.push_back(text_of(choices.names[static_cast<std::size_t>(value)]));
    }
    add(row, list_of({{"enum", words(choices)}}), std::move(initial));
  }

  void text(const Row& row, std::string& value, const TextRule& rule) {
    add(row, text_schema(rule), text_of(value));
  }
  void secret(const Row& row, std::string&, SecretPlace&, const TextRule& rule) {
    const auto kept = [](const char* key, const char* doc, const TextRule& name) {
      json::object property = text_schema(name);
      property["description"] = doc;
      return json::object{{"type", "object"},
                          {"additionalProperties", false},
                          {"required", {key}},
                          {"properties", {{key, std::move(property)}}}};
    };
    add(row,
        {{"anyOf",
          {text_schema(rule), kept("env", "Environment variable that holds it.", kVariableName),
           kept("file", "File that holds it.", kFile)}}},
        nullptr);
  }
  void texts(const Row& row, std::vector<std::string>& values, const TextRule& rule) {
    json::array initial;
    for (const std::string& value : values) initial.push_back(text_of(value));
    add(row, list_of(text_schema(rule)), std::move(initial));
  }
  void argument_lists(const Row& row, std::vector<std::vector<std::string>>&) {
    add(row, list_of(list_of(text_schema(kArgument))), json::array());
  }
  void variables(const Row& row, std::vector<Variable>&) {
    add(row, map_of(kVariableName, text_schema(kArgument)), json::object());
  }
  void headers(const Row& row, std::vector<Header>&) {
    add(row, map_of(kHeaderName, text_schema(kHeaderValue)), json::object());
  }
  void answer_headers(const Row& row, StaticAnswer& answer) { headers(row, answer.headers); }
  void hash_key(const Row& row, HashKey& value) {
    add(row,
        {{"type", "string"},
         {"pattern", "^(client_ip|path|(header|cookie):[!#-'*+.^_`|~0-9A-Za-z-]+)$"}},
        text_of(to_text(value)));
  }
  void bind(const Row& row, Address& value) { address(row, value); }
  void endpoint(const Row& row, Address& value) { address(row, value); }
  void cidrs(const Row& row, std::vector<Cidr>&) {
    add(row, list_of({{"type", "string"}, {"pattern", "^[0-9A-Fa-f:.]+(/[0-9]{1,3})?$"}}),
        json::array());
  }

  void discovery(const Row& row, Service&) {
    json::object source = section_schema<DiscoverySource>();
    source["minProperties"] = 1;
    source["maxProperties"] = 1;
    json::object schema = list_of(std::move(source));
    schema["minItems"] = 1;
    add(row, std::move(schema), nullptr);
  }
  void marker(const Row& row, bool&) {
    add(row, {{"type", "object"}, {"additionalProperties", false}}, nullptr);
  }
  void endpoints(const Row& row, std::vector<Endpoint>&) {
    json::array forms = {{{"type", "string"}}, section_schema<Endpoint>()};
    json::object schema = list_of({{"anyOf", std::move(forms)}});
    schema["minItems"] = 1;
    add(row, std::move(schema), nullptr);
  }
  void later(std::span<const std::string_view>, std::string_view) {}

  template <class T>
  void section(const Row& row, T& value) {  // the value: some sections refer to members of others
    SchemaWriter inner;
    describe(inner, value);
    add(row, inner.take(), nullptr);
  }
  template <class T>
  void optional_section(const Row& row, std::optional<T>&) {
    add(row, section_schema<T>(), nullptr);
  }
  template <class T>
  void named(const Row& row, std::vector<T>&) {
    json::object schema = map_of(kName, section_schema<T>());
    schema["maxProperties"] = kNamedMax;
    add(row, std::move(schema), json::object());
  }
  template <class T>
  void list(const Row& row, std::vector<T>&) {
    add(row, list_of(section_schema<T>()), json::array());
  }

 private:
  // `initial` null: a section, whose keys have defaults of their own.
  void add(const Row& row, json::object type, json::value initial) {
    json::object schema = {{"description", text_of(row.doc)}};
    for (auto& [key, value] : type) schema[key] = std::move(value);
    if (row.presence == Presence::defaulted && !initial.is_null()) {
      schema["default"] = std::move(initial);
    }
    if (row.presence == Presence::required) required_.push_back(text_of(row.key));
    properties_[row.key] = std::move(schema);
  }

  void address(const Row& row, Address& value) {
    add(row, {{"type", "string"}, {"pattern", "^(unix:.+|.+:[0-9]{1,5})$"}},
        text_of(to_text(value)));
  }

  static json::array cause_values(const std::vector<std::string_view>& words) {
    json::array out;
    for (const std::string_view word : words) {
      const auto status = base::parse_uint(word);
      out.push_back(status ? json::value(*status) : json::value(text_of(word)));
    }
    return out;
  }
  static json::array words(const Choices& choices) {
    json::array out;
    for (const std::string_view name : choices.names) out.push_back(text_of(name));
    return out;
  }
  static json::object text_schema(const TextRule& rule) {
    json::object schema = {{"type", "string"}};
    if (!rule.pattern.empty()) schema["pattern"] = text_of(rule.pattern);
    return schema;
  }
  static json::object list_of(json::object item) {
    return {{"type", "array"}, {"items", std::move(item)}, {"maxItems", kListMax}};
  }
  static json::object map_of(const TextRule& name, json::object value) {
    return {{"type", "object"},
            {"propertyNames", {{"pattern", text_of(name.pattern)}}},
            {"additionalProperties", std::move(value)}};
  }

  json::object properties_;
  json::array required_;
};

template <class T>
json::object section_schema() {
  T defaults{};
  SchemaWriter writer;
  describe(writer, defaults);
  return writer.take();
}

}  // namespace

std::string json_schema() {
  json::object schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                         {"title", "weir.yaml"},
                         {"description", "Configuration of the weir gateway."}};
  for (auto& [key, value] : section_schema<Settings>()) schema[key] = std::move(value);
  return base::pretty_json(schema);
}

}  // namespace weir::config
