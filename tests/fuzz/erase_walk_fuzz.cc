// SPDX-License-Identifier: GPL-2.0-or-later
// Erase rules of every kind carried out on memory that the input covers: pointers, arrays, chains and lists
// to anywhere.
#include <cstdint>
#include <cstdlib>

#include "makedumpfile/erase/evaluate.h"
#include "tests/fuzz/fuzzed_kernel.h"

namespace {

using namespace kdump;
using namespace kdump::test;

constexpr uint64_t kPlace = 0x400000;
constexpr uint64_t kObject = FakeKernel::kImageBase + kPlace;

BoundErase erase(const char* text, BoundPath path, EraseTarget target, uint64_t bytes) {
  return {.text = text, .place = {}, .path = std::move(path), .target = target, .bytes = bytes, .size = {}};
}

// object: +0 a pointer, +8 a size, +16 a text, +32 the head of a list, +48 a chain's first, +64 an array
// of 4.
BoundRules make_rules() {
  BoundRules rules;
  rules.file = "conf";
  rules.symbols["object"] = kObject;
  const BoundPath object{"object", false, {}};
  const auto at = [](const char* symbol, uint64_t offset, bool follow = false) {
    return BoundPath{symbol, false, {{follow, offset}}};
  };
  BoundRule once;
  once.body.push_back(erase("object", at("object", 0x800), EraseTarget::object, 100));
  once.body.push_back(erase("object.p", at("object", 0), EraseTarget::pointed, 64));
  once.body.back().size = BoundNumber{at("object", 8), false, 4, true};
  once.body.push_back(erase("object.text", at("object", 16), EraseTarget::text, 4096));
  once.body.push_back(erase("object.p", at("object", 8, true), EraseTarget::pointer, 8));
  rules.rules.push_back(once);
  const auto loop = [&](LoopKind kind, uint64_t offset) {
    BoundRule rule;
    rule.loop.kind = kind;
    rule.loop.text = "list";
    rule.loop.path = at("object", offset);
    rule.loop.follow = kind == LoopKind::chain;
    rule.loop.element_size = 32;
    rule.loop.count = 4;
    rule.loop.next = {{false, 8}};
    rule.loop.member_offset = 16;
    rule.body.push_back(erase("element", at("", 0), EraseTarget::object, 8));
    rule.body.push_back(erase("element.p", at("", 24), EraseTarget::pointed, 16));
    rules.rules.push_back(rule);
  };
  loop(LoopKind::list, 32);
  loop(LoopKind::chain, 48);
  loop(LoopKind::array, 64);
  return rules;
}

struct Fixture {
  FuzzedKernel fuzzed;
  BoundRules rules = make_rules();

  Fixture() {
    fuzzed.kernel.line(fmt::format("SYMBOL({})={:x}", symbol_fact("object"), kObject));
    // A list of one element, a chain of two.
    const auto put = [&](uint64_t offset, uint64_t value) {
      fuzzed.kernel.vmcore().put_value<le64>(kPlace + offset, value);
    };
    put(0, kObject + 0x400);
    put(8, 16);
    put(16, kObject + 0x500);
    put(32, kObject + 0x210);
    put(0x210, kObject + 32);
    put(48, kObject + 0x300);
    put(0x308, kObject + 0x340);
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Fixture fixture;
  const KernelInfo& kernel = fixture.fuzzed.with(std::as_bytes(std::span(data, size)), kPlace);
  const auto plan = plan_erasure(fixture.rules, kernel);
  if (!plan) return 0;
  if (plan->info.size() > kMaxEraseInfo) std::abort();
  for (const EraseFill fill : {EraseFill::poison, EraseFill::zero}) {
    PhysAddr last;
    for (const PhysRange& range : plan->memory.ranges(fill)) {
      if (range.empty() || range.begin < last) std::abort();
      last = range.end;
    }
  }
  return 0;
}
