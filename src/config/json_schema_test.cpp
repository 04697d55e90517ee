#include "config/json_schema.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/json.hpp"

namespace weir::config {
namespace {

const std::filesystem::path kSourceFile =
    std::filesystem::path(__FILE__).parent_path() / "../../api/config.schema.json";

TEST(JsonSchema, TheFileInApiIsUpToDate) {
  if (std::getenv("WEIR_UPDATE_SCHEMA") != nullptr) std::ofstream(kSourceFile) << json_schema();
  std::ostringstream text;
  text << std::ifstream(kSourceFile).rdbuf();
  EXPECT_TRUE(text.str() == json_schema())
      << "api/config.schema.json differs from src/config/schema.hpp; update it by\n"
         "  WEIR_UPDATE_SCHEMA=1 build/release/config_test --gtest_filter='JsonSchema.*'";
}

// Every section says what it holds, and refuses what it does not.
void expect_closed(const base::json::value& value, const std::string& path) {
  if (value.is_array()) {
    for (const auto& item : value.get_array()) expect_closed(item, path + "[]");
  }
  if (!value.is_object()) return;
  const auto& object = value.get_object();
  const auto* type = object.if_contains("type");
  if (type != nullptr && *type == "object") {
    EXPECT_TRUE(object.contains("additionalProperties")) << path;
  }
  if (const auto* properties = object.if_contains("properties")) {
    EXPECT_EQ(object.at("additionalProperties"), false) << path;
    for (const auto& [key, property] : properties->as_object()) {
      EXPECT_TRUE(property.as_object().contains("description")) << path << "." << std::string(key);
    }
  }
  for (const auto& [key, child] : object) expect_closed(child, path + "." + std::string(key));
}

TEST(JsonSchema, IsClosedAndDescribed) {
  const auto schema = base::parse_json(json_schema());
  ASSERT_TRUE(schema);
  expect_closed(*schema, "");
}

}  // namespace
}  // namespace weir::config
