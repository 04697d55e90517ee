#include <gtest/gtest.h>

#include "term/completion_text.hpp"
#include "term/man_text.hpp"

namespace weir::term::word_tree_test {

CommandWords sample() {
  CommandWords drain{
      .name = "drain", .help = "Send it nothing", .footer = "Example:\n  weir drain a"};
  drain.options = {{.names = {"endpoint"},
                    .is_argument = true,
                    .is_required = true,
                    .value = "TEXT",
                    .help = "Which",
                    .words = Words::endpoint},
                   {.names = {"-u", "--undo"}, .help = "It's back"},
                   {.names = {"--how"},
                    .value = "fast|slow",
                    .help = ".dots first",
                    .words = Words::fixed,
                    .choices = {"fast", "slow"}}};
  return {.name = "weir",
          .help = "weir: a gateway",
          .options = {{.names = {"--version"}, .help = "Version"}},
          .commands = {drain, {.name = "__complete", .is_hidden = true}}};
}

bool has_text(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(Completion, TablesHoldEveryCommandOptionAndChoice) {
  for (const std::string& text : {bash_completion(sample()), zsh_completion(sample())}) {
    EXPECT_TRUE(has_text(text, "    '') echo 'drain' ;;\n"));
    EXPECT_TRUE(has_text(text, "    'drain') echo '-u --undo --how' ;;\n"));
    EXPECT_TRUE(has_text(text, "    'drain @1') echo 'endpoint' ;;\n"));
    EXPECT_TRUE(has_text(text, "    'drain --how') echo '= fast slow' ;;\n"));
    EXPECT_FALSE(has_text(text, "'__complete'"));
  }
}

TEST(Man, SaysEverythingAndEscapesIt) {
  const std::string text = man_page(sample(), "0.1.0");
  EXPECT_TRUE(text.starts_with(".\\\" Made"));
  EXPECT_TRUE(has_text(text, ".SH NAME\nweir \\- a gateway\n"));
  EXPECT_TRUE(has_text(text, ".SS \"weir drain\"\n"));
  EXPECT_TRUE(has_text(text, "\\fB\\-u\\fR, \\fB\\-\\-undo\\fR\nIt\\(aqs back.\n"));
  EXPECT_TRUE(has_text(text, "\n\\&.dots first.\nOne of: fast, slow.\n"));
  EXPECT_TRUE(has_text(text, ".nf\nExample:\n  weir drain a\n.fi\n"));
  EXPECT_FALSE(has_text(text, "__complete"));
  EXPECT_EQ(roff_escaped("é…"), "\\[u00E9]\\[u2026]");
  EXPECT_EQ(roff_escaped("a\\b\n'c"), "a\\eb\n\\&\\(aqc");
}

}  // namespace weir::term::word_tree_test
