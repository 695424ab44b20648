// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/erase/bind.h"

#include <gmock/gmock.h>

#include "tests/unit/makedumpfile/support/fake_modules.h"

namespace kdump {
namespace {

using test::FakeProgram;
using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::SizeIs;

Result<BoundRules> bound(std::string_view text) {
  FakeProgram program;
  test::FakeModules modules;
  return bind_rules(*parse_erase_rules(text, "conf"), program.types, modules);
}

// The one command of a text.
BoundErase one(std::string_view text) {
  const auto rules = bound(text);
  EXPECT_TRUE(rules) << rules.error().message();
  return rules ? rules->rules.at(0).body.at(0) : BoundErase{};
}

BoundLoop loop(std::string_view head) {
  const auto rules = bound(fmt::format("{}\nerase i\nendfor", head));
  EXPECT_TRUE(rules) << rules.error().message();
  return rules ? rules->rules.at(0).loop : BoundLoop{};
}

TEST(BindRules, AnObjectIsAsLongAsItsType) {
  const BoundErase buffer = one("erase buffer");
  EXPECT_EQ(buffer.path, (BoundPath{"buffer", false, {}}));
  EXPECT_EQ(buffer.target, EraseTarget::object);
  EXPECT_EQ(buffer.bytes, 100U);
  const BoundErase secret = one("erase start.secret");
  EXPECT_EQ(secret.path, (BoundPath{"start", false, {{false, FakeProgram::kSecret}}}));
  EXPECT_EQ(secret.bytes, 16U);
  EXPECT_EQ(secret.text, "start.secret");
  EXPECT_EQ(one("erase buffer size 1K").bytes, 1024U);
  EXPECT_EQ(one("erase flexible size 5").bytes, 5U);
  EXPECT_EQ(one("erase untyped size 5").bytes, 5U);
}

TEST(BindRules, PointersOnThePathAreFollowed) {
  const BoundErase secret = one("erase first.other.next.secret");
  EXPECT_THAT(secret.path.steps,
              ElementsAre(BoundStep{true, FakeProgram::kOther}, BoundStep{true, FakeProgram::kNext},
                          BoundStep{true, FakeProgram::kSecret}));
  EXPECT_THAT(one("erase one_item.secret").path.steps, ElementsAre(BoundStep{false, FakeProgram::kSecret}));
}

TEST(BindRules, WhatAPointerPointsToIsErased) {
  const BoundErase item = one("erase first");
  EXPECT_EQ(item.target, EraseTarget::pointed);
  EXPECT_EQ(item.bytes, FakeProgram::kItem);
  EXPECT_THAT(item.path.steps, SizeIs(0));
  const BoundErase text = one("erase start.text");
  EXPECT_EQ(text.target, EraseTarget::text);
  EXPECT_EQ(text.bytes, 1024U);
  const BoundErase key = one("erase start.key size 32");
  EXPECT_EQ(key.target, EraseTarget::pointed);
  EXPECT_EQ(key.bytes, 32U);
  const BoundErase null = one("erase start.key nullify");
  EXPECT_EQ(null.target, EraseTarget::pointer);
  EXPECT_EQ(null.bytes, 8U);
}

TEST(BindRules, ASizeIsANumberOfTheKernel) {
  const BoundErase key = one("erase start.key size first.key_size");
  ASSERT_TRUE(key.size);
  EXPECT_EQ(*key.size, (BoundNumber{{"first", false, {{true, FakeProgram::kKeySize}}}, false, 4, true}));
}

TEST(BindRules, LoopsOfEachKind) {
  const BoundLoop array = loop("for i in items");
  EXPECT_EQ(array.kind, LoopKind::array);
  EXPECT_EQ(array.element_size, FakeProgram::kItem);
  EXPECT_EQ(array.count, 3U);
  EXPECT_EQ(loop("for i in slots").element_size, 8U);

  const BoundLoop chain = loop("for i in first via other");
  EXPECT_EQ(chain.kind, LoopKind::chain);
  EXPECT_TRUE(chain.follow);
  EXPECT_THAT(chain.next, ElementsAre(BoundStep{false, FakeProgram::kOther}));
  EXPECT_FALSE(loop("for i in start").follow);
  EXPECT_THAT(loop("for i in start").next, ElementsAre(BoundStep{false, FakeProgram::kNext}));

  for (const char* head : {"head", "head.next", "head_pointer", "head_pointer.next"}) {
    const BoundLoop list = loop(fmt::format("for i in {} within item:list", head));
    EXPECT_EQ(list.kind, LoopKind::list) << head;
    EXPECT_EQ(list.link_offset, 0U) << head;
    EXPECT_EQ(list.member_offset, FakeProgram::kList) << head;
  }
  EXPECT_EQ(loop("for i in head.prev within item").link_offset, 8U);
  EXPECT_THAT(loop("for i in head_pointer within item").path.steps, ElementsAre(BoundStep{true, 0}));
  EXPECT_THAT(loop("for i in start.list within item").path.steps,
              ElementsAre(BoundStep{false, FakeProgram::kList}));
}

TEST(BindRules, TheVariableIsTheElement) {
  const auto rules = bound("for i in slots\nerase i.secret\nerase i\nerase i.key size i.key_size\nendfor");
  ASSERT_TRUE(rules);
  const auto& body = rules->rules[0].body;
  EXPECT_EQ(body[0].path, (BoundPath{"", false, {{true, FakeProgram::kSecret}}}));
  EXPECT_EQ(body[1].target, EraseTarget::pointed);
  EXPECT_EQ(body[1].bytes, FakeProgram::kItem);
  EXPECT_EQ(body[2].size->path, (BoundPath{"", false, {{true, FakeProgram::kKeySize}}}));
}

TEST(BindRules, SymbolsAreWhatTheTypesMustTell) {
  const auto rules = parse_erase_rules(
      "erase a.b size c.d\nfor i in list within s:m\nerase i.x size i.y\nerase i.x size other\nendfor\nerase "
      "a",
      "conf");
  EXPECT_THAT(symbols_of(*rules), ElementsAre("a", "c", "list", "other"));
}

TEST(BindRules, SymbolsBecomeFactsOfTheirOwn) {
  const auto rules = bound("erase start.secret\nerase cpu_number");
  NamedFacts named;
  rules->add_symbols(named);
  EXPECT_EQ(named.lines.symbol("erase:start"), FakeProgram::kStart);
  EXPECT_EQ(named.lines.symbol("start"), std::nullopt);
  EXPECT_TRUE(rules->rules[1].body[0].path.is_per_cpu);
}

// A kernel and its module "a_module", whose variables are its own: start has another type than the kernel's.
struct WithModule {
  FakeProgram program;
  test::FakeModules modules;

  WithModule() {
    test::FakeModuleList::declare(program.types, FakeProgram::kBase + 0x9000);
    test::FakeTypes& types = modules.modules["a_module"];
    types.set_name("a_module.ko");
    types.set_build_id("12ab");
    const TypeId item = types.structure("own_item", 40);
    types.add_member(item, "text", {types.array(types.number("char", 1), 7), 4});
    types.variable("start", 0x1000, item);
    types.variable("counter", 0x1100, types.number("int", 4), true);
  }
  Result<BoundRules> bind(std::string_view text) {
    return bind_rules(*parse_erase_rules(text, "conf"), program.types, modules);
  }
};

TEST(BindRules, AModulesSectionIsAboutItsOwnVariablesAndTypes) {
  const auto rules =
      WithModule().bind("erase start\n[a_module]\nerase start.text\nerase counter\n[a-module]\nerase start");
  ASSERT_TRUE(rules) << rules.error().message();
  ASSERT_THAT(rules->rules, SizeIs(4));
  EXPECT_EQ(rules->rules[0].module, "");
  EXPECT_EQ(rules->rules[0].body[0].path.symbol, "start");
  EXPECT_EQ(rules->rules[1].module, "a_module");
  EXPECT_EQ(rules->rules[1].body[0].path, (BoundPath{"a_module:start", false, {{false, 4}}}));
  EXPECT_EQ(rules->rules[1].body[0].bytes, 7U);
  EXPECT_TRUE(rules->rules[2].body[0].path.is_per_cpu);
  EXPECT_EQ(rules->rules[3].body[0].bytes, 40U);
  ASSERT_THAT(rules->modules, SizeIs(1));
  const BoundModule& module = rules->modules.at("a_module");
  EXPECT_THAT(module.symbols, ElementsAre("counter", "start"));
  EXPECT_EQ(module.build_id, "12ab");
  EXPECT_EQ(module.file, "a_module.ko");
  EXPECT_EQ(module.missing, "");
  // What is asked of the kernel: its own symbol, and where its modules are.
  EXPECT_THAT(rules->symbols,
              ElementsAre(Pair("modules", FakeProgram::kBase + 0x9000), Pair("start", FakeProgram::kStart)));
  EXPECT_EQ(rules->module_layout.list, test::FakeModuleList::kList);
}

TEST(BindRules, RulesOfAModuleWithoutDebugInformationWait) {
  const auto rules = WithModule().bind("[other]\nerase anything\nerase start.nothing");
  ASSERT_TRUE(rules) << rules.error().message();
  EXPECT_THAT(rules->rules, SizeIs(0));
  EXPECT_FALSE(rules->empty());
  EXPECT_EQ(rules->modules.at("other").missing, "no other.ko in /lab");
  EXPECT_EQ(rules->modules.at("other").place, (RulePlace{1, 1}));
}

TEST(BindRules, BadOnesOfModulesNameTheirFile) {
  const auto error = [](std::string_view text) { return WithModule().bind(text).error().message(); };
  EXPECT_EQ(error("[a_module]\nerase buffer"),
            "conf:2:7: no symbol 'buffer' in a_module.ko: correct the name or remove the rule");
  EXPECT_EQ(error("erase start\n[a_module]\nerase start.secret"),
            "conf:3:7: struct own_item has no member 'secret': correct the name or remove the rule");
  WithModule without;
  without.program = FakeProgram();
  EXPECT_EQ(without.bind("[a_module]\nerase start").error().message(),
            "conf: vmlinux: struct module has no member 'list': this kernel's modules are not known");
}

TEST(BindRules, SymbolsOfTheKernelAloneAreAskedOfIt) {
  const auto symbols = [](std::string_view text) { return symbols_of(*parse_erase_rules(text, "conf")); };
  EXPECT_THAT(symbols("erase a\nfor i in b\nerase i.c size d\nendfor"), ElementsAre("a", "b", "d"));
  EXPECT_THAT(symbols("[m]\nerase a\n[vmlinux]\nerase b"), ElementsAre("b", "modules"));
}

struct BadRule {
  const char* text;
  const char* message;
};

TEST(BindRules, BadOnesAreNamedByPlaceAndRemedy) {
  for (const BadRule& bad : {
           BadRule{"erase nothing",
                   "conf:1:7: no symbol 'nothing' in vmlinux: correct the name or remove the rule"},
           {"erase buffer\n erase start.nothing",
            "conf:2:8: struct item has no member 'nothing': correct the name or remove the rule"},
           {"erase twice", "conf:1:7: 2 variables of single files are named 'twice'"},
           {"erase number.x", "conf:1:7: 'number' is no struct, so it has no member 'x'"},
           {"erase start.key.x", "conf:1:7: 'start.key' is no struct, so it has no member 'x'"},
           {"erase start.hidden.x",
            "conf:1:7: 'start.hidden' leads to struct hidden, which vmlinux does not define"},
           {"erase start.bit", "conf:1:7: 'bit' is a bit-field of struct item"},
           {"erase items.secret",
            "conf:1:7: 'items' is an array of 3 elements: erase its members in a loop over it"},
           {"erase flexible", "conf:1:7: nothing tells how long 'flexible' is: give its size"},
           {"erase untyped", "conf:1:7: nothing tells how long 'untyped' is: give its size"},
           {"erase start.key",
            "conf:1:7: nothing tells how much the 'void *' pointer 'start.key' points to: give size or "
            "nullify"},
           {"erase start.bytes",
            "conf:1:7: nothing tells how much the 'unsigned char *' pointer 'start.bytes' points to: give "
            "size or nullify"},
           {"erase start.hidden",
            "conf:1:7: nothing tells how much the 'struct hidden *' pointer 'start.hidden' points to: give "
            "size or nullify"},
           {"erase buffer nullify",
            "conf:1:7: 'buffer' is no pointer, so nullify has no meaning: leave it out"},
           {"erase buffer size start", "conf:1:19: 'start' is no number, so it is no size"},
           {"for i in number\nendfor", "conf:1:10: 'number' is no array, no struct and no pointer to one"},
           {"for i in head\nendfor",
            "conf:1:10: 'head' is a struct list_head: say within STRUCT:MEMBER what it links"},
           {"for i in head within thing:list\nendfor", "conf:1:22: no struct 'thing' in vmlinux"},
           {"for i in head within item:next\nendfor",
            "conf:1:22: 'next' of struct item is no struct list_head"},
           {"for i in head within item:other.list\nendfor",
            "conf:1:22: 'other.list' of struct item is no struct list_head"},
           {"for i in items within item:list\nendfor",
            "conf:1:10: 'items' is no struct list_head, so leave out 'within'"},
           {"for i in items via next\nendfor",
            "conf:1:10: 'items' is an array, so leave out 'via': every element is visited"},
           {"for i in flexible\nendfor",
            "conf:1:10: nothing tells how many elements the array 'flexible' has"},
           {"for i in start via key\nendfor", "conf:1:20: 'key' does not point to the next struct item"},
       }) {
    const auto rules = bound(bad.text);
    ASSERT_FALSE(rules) << bad.text;
    EXPECT_EQ(rules.error().message(), bad.message) << bad.text;
  }
}

}  // namespace
}  // namespace kdump
