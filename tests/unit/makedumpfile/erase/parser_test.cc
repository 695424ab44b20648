// SPDX-License-Identifier: GPL-2.0-or-later
#include <gmock/gmock.h>

#include "makedumpfile/erase/rules.h"

namespace kdump {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// What was read, a command a line: golden texts are easier to read than structures.
std::string shown(const EraseCommand& command) {
  std::string text = "erase " + command.what.text();
  if (command.nullify) text += " nullify";
  if (command.bytes) text += fmt::format(" size {}", *command.bytes);
  if (command.size) text += " size " + command.size->text();
  return text + "\n";
}

std::string shown(const EraseRule& rule) {
  std::string text = "[" + rule.module + "] ";
  if (rule.loop) {
    text += fmt::format("for {} in {}", rule.loop->variable, rule.loop->list.text());
    if (rule.loop->via) text += " via " + rule.loop->via->text();
    if (!rule.loop->within.empty())
      text += " within " + rule.loop->within + ":" + rule.loop->within_member.text();
    text += "\n";
  }
  for (const EraseCommand& command : rule.body) text += shown(command);
  return text;
}

std::string parsed(std::string_view text) {
  const auto rules = parse_erase_rules(text, "conf");
  if (!rules) return rules.error().message();
  std::string all;
  for (const EraseRule& rule : rules->rules) all += shown(rule);
  return all;
}

TEST(EraseRules, ReadsCommandsOfSections) {
  EXPECT_EQ(parsed("erase a\n"
                   "# a comment\n"
                   "\t[mymodule]  # another\r\n"
                   "erase array_var\n"
                   "erase s1.buffer size 25 # here, too\n"
                   "erase s1.addr1 nullify\n"
                   "erase s1.addr2 size 1K\n"
                   "erase s1.addr2 size 2m\n"
                   "erase s2.addr size s2.addr_size\n"
                   "[vmlinux]\n"
                   "erase _b1.c.d"),
            "[vmlinux] erase a\n"
            "[mymodule] erase array_var\n"
            "[mymodule] erase s1.buffer size 25\n"
            "[mymodule] erase s1.addr1 nullify\n"
            "[mymodule] erase s1.addr2 size 1024\n"
            "[mymodule] erase s1.addr2 size 2097152\n"
            "[mymodule] erase s2.addr size s2.addr_size\n"
            "[vmlinux] erase _b1.c.d\n");
}

TEST(EraseRules, ReadsLoopsOfEachKind) {
  EXPECT_EQ(parsed("for s in start via next\n erase s.private\n erase s.key size s.key_size\nendfor\n"
                   "for s in head.next within s1:list\n erase s\nendfor\n"
                   "for s in head within s1\n erase s.a nullify\nendfor\n"
                   "for s in myarray\n erase s.key size other\nendfor\n"),
            "[vmlinux] for s in start via next\nerase s.private\nerase s.key size s.key_size\n"
            "[vmlinux] for s in head.next within s1:list\nerase s\n"
            "[vmlinux] for s in head within s1:list\nerase s.a nullify\n"
            "[vmlinux] for s in myarray\nerase s.key size other\n");
}

TEST(EraseRules, LinesDoNotMatterWithinACommand) {
  EXPECT_EQ(parsed("erase\n a\n size\n 4\n for i in\n b erase i endfor"),
            "[vmlinux] erase a size 4\n[vmlinux] for i in b\nerase i\n");
  EXPECT_EQ(parsed(""), "");
  EXPECT_EQ(parsed("[mod]\n\n#\n"), "");
}

TEST(EraseRules, KnowsWhereWordsStand) {
  const auto rules = parse_erase_rules("\n[m]\nfor i in list\n  erase i.a size  n\nendfor\n", "conf");
  ASSERT_TRUE(rules);
  ASSERT_THAT(rules->rules, SizeIs(1));
  const EraseRule& rule = rules->rules[0];
  EXPECT_EQ(rule.module_place, (RulePlace{2, 1}));
  EXPECT_EQ(rule.loop->place, (RulePlace{3, 1}));
  EXPECT_EQ(rule.loop->list.place, (RulePlace{3, 10}));
  EXPECT_EQ(rule.body[0].what.place, (RulePlace{4, 9}));
  EXPECT_EQ(rule.body[0].size->place, (RulePlace{4, 19}));
  EXPECT_THAT(rule.body[0].what.names, ElementsAre("i", "a"));
}

struct BadRule {
  const char* text;
  const char* message;
};

TEST(EraseRules, BadOnesAreNamedByPlaceAndRemedy) {
  for (const BadRule& bad : {
           BadRule{"erase", "conf:2:1: the file ends where a symbol with members belongs"},
           {"erase a\nremove b", "conf:2:1: 'remove' where 'erase', 'for' or a section belongs"},
           {"erase size 4", "conf:1:7: 'size' where a symbol with members belongs"},
           {"erase a..b", "conf:1:7: 'a..b' is no symbol with members (NAME.NAME…)"},
           {"erase a.", "conf:1:7: 'a.' is no symbol with members (NAME.NAME…)"},
           {"erase a->b", "conf:1:7: 'a->b' is no symbol with members (NAME.NAME…)"},
           {"erase a size 0", "conf:1:14: size '0' is no number of bytes (1 to 1024M; 4096, 4K, 1M)"},
           {"erase a size 1025M", "conf:1:14: size '1025M' is no number of bytes (1 to 1024M; 4096, 4K, 1M)"},
           {"erase a size 4G", "conf:1:14: size '4G' is no number of bytes (1 to 1024M; 4096, 4K, 1M)"},
           {"erase a size 99999999999999999M",
            "conf:1:14: size '99999999999999999M' is no number of bytes (1 to 1024M; 4096, 4K, 1M)"},
           {"erase a size -5", "conf:1:14: '-5' is no symbol with members (NAME.NAME…)"},
           {"erase a size\n",
            "conf:2:1: the file ends where a number of bytes or a symbol that holds it belongs"},
           {"erase a b", "conf:1:9: 'b' where 'erase', 'for' or a section belongs"},
           {"for", "conf:2:1: the file ends where the loop's variable belongs"},
           {"for i of a", "conf:1:7: 'of' where 'in' belongs"},
           {"for i.j in a", "conf:1:5: 'i.j' is no name, expected the loop's variable"},
           {"for i in a\nerase i\n",
            "conf:3:1: the file ends where 'erase' or the 'endfor' of the loop in line 1 belongs"},
           {"for i in a\n[m]\n",
            "conf:2:1: section [m] begins where 'erase' or the 'endfor' of the loop in line 1 belongs"},
           {"for i in a\nerase b\nendfor", "conf:2:7: 'b' does not begin with the loop's variable 'i'"},
           {"for i in a\nfor j in i\nendfor\nendfor",
            "conf:2:1: a loop in a loop, expected 'erase' or 'endfor'"},
           {"for i in a within :b\nendfor", "conf:1:19: ':b' is no STRUCT:MEMBER"},
           {"for i in a within s:\nendfor", "conf:1:19: '' is no member (NAME.NAME…)"},
           {"endfor", "conf:1:1: 'endfor' where 'erase', 'for' or a section belongs"},
           {" [mod\n", "conf:1:2: a section's name without its ']', expected [vmlinux] or [MODULE]"},
           {"[]\n", "conf:1:1: '[]' names no module, expected [vmlinux] or [MODULE]"},
           {"[m] erase a\n", "conf:1:5: words behind [m], expected them on the next line"},
           {"erase \x01", "conf:1:7: a byte 0x01, where text belongs"},
       })
    EXPECT_EQ(parsed(bad.text), bad.message) << bad.text;
}

TEST(EraseRules, AnEmptyLoopErasesNothing) {
  const auto rules = parse_erase_rules("for i in a\nendfor", "conf");
  ASSERT_TRUE(rules);
  EXPECT_THAT(rules->rules[0].body, IsEmpty());
}

}  // namespace
}  // namespace kdump
