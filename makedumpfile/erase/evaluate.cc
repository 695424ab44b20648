// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/erase/evaluate.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <unordered_set>

#include "common/endian.h"
#include "makedumpfile/arch/address_space.h"
#include "makedumpfile/arch/architecture.h"
#include "makedumpfile/erase/circle_watch.h"
#include "makedumpfile/kernel/facts.h"

namespace kdump {
namespace {

// Objects and pages that all rules together may go through.
constexpr uint64_t kMaxWork = uint64_t{1} << 22;
constexpr uint32_t kMaxCpus = 8192;

// What went wrong with a command: the first time, and how often.
struct Trouble {
  std::string first;
  uint64_t count = 0;
};

int64_t sign_extended(uint64_t value, unsigned bytes) {
  const unsigned unused = 64 - 8 * bytes;
  return static_cast<int64_t>(value << unused) >> unused;
}

class Evaluator {
 public:
  Evaluator(const BoundRules& rules, const KernelInfo& kernel, VirtualReader memory)
      : rules_(rules), kernel_(kernel), memory_(std::move(memory)) {}

  Result<ErasePlan> run() {
    TRY(place_symbols());
    TRY(place_modules());
    for (const BoundRule& rule : rules_.rules)
      if (is_placed(rule)) TRY(with_context(run(rule), "{}", rules_.file));
    plan_.memory.finish();
    for (const auto& [place, trouble] : troubles_) {
      const std::string times = trouble.count > 1 ? fmt::format(" ({} times)", trouble.count) : "";
      plan_.notes.push_back(fmt::format("{}:{}: {}{}", rules_.file, place, trouble.first, times));
    }
    return std::move(plan_);
  }

 private:
  // --- symbols

  Status place_symbols() {
    for (const auto& [name, linked] : rules_.symbols) {
      const auto addr = kernel_.facts().symbol(symbol_fact(name));
      if (!addr) return fail("{}: nothing tells where '{}' of {:#x} was", rules_.file, name, linked);
      symbols_[name] = *addr;
    }
    return {};
  }

  // --- modules

  // What of the list of modules cannot be read leaves open which modules were loaded.
  Status place_modules() {
    if (rules_.modules.empty()) return {};
    const auto loaded = loaded_modules(memory_, rules_.module_layout, symbols_[std::string(kModulesSymbol)]);
    for (const auto& [name, module] : rules_.modules) {
      if (!loaded) {
        TRY(trouble(module.place, section_of(name), loaded.error().message()));
      } else if (const auto at = loaded->find(name); at != loaded->end()) {
        TRY(with_context(place_module(name, module, at->second), "{}:{}:{}: [{}]", rules_.file,
                         module.place.line, module.place.column, name));
      } else {
        plan_.notes.push_back(fmt::format("{}:{}: no module '{}' was loaded: its rules are passed over",
                                          rules_.file, module.place.line, name));
      }
    }
    return {};
  }

  static std::string section_of(const std::string& module) { return fmt::format("[{}]", module); }

  Status place_module(const std::string& name, const BoundModule& module, VirtAddr addr) {
    if (!module.missing.empty())
      return fail("the module was loaded, but what to erase is not known: {}", module.missing);
    const std::string id = build_id_of_module(memory_, rules_.module_layout, addr);
    if (!id.empty() && !module.build_id.empty() && id != module.build_id)
      return fail(ErrorKind::mismatch, "build id {} was loaded, {} has {}: give the file of that build", id,
                  module.file, module.build_id);
    const auto found = symbols_of_module(memory_, rules_.module_layout, addr, module.symbols);
    if (!found && found.error().kind() == ErrorKind::unsupported) return std::unexpected(found.error());
    if (!found) return trouble(module.place, section_of(name), found.error().message());
    for (const std::string& symbol : module.symbols) {
      const auto at = found->find(symbol);
      if (at == found->end())
        return fail(
            "no '{}' in the module's table of symbols: a kernel without CONFIG_KALLSYMS_ALL keeps no "
            "variables there, and those of __init are gone: remove the rule",
            symbol);
      symbols_[symbol_of_module(name, symbol)] = at->second;
    }
    placed_modules_.insert(name);
    return {};
  }

  [[nodiscard]] bool is_placed(const BoundRule& rule) const {
    return rule.module.empty() || placed_modules_.contains(rule.module);
  }

  // --- CPUs

  static bool is_per_cpu(const BoundRule& rule) {
    return rule.loop.path.is_per_cpu || std::ranges::any_of(rule.body, [](const BoundErase& erase) {
             return erase.path.is_per_cpu || (erase.size && erase.size->path.is_per_cpu);
           });
  }

  // Added to a per-CPU symbol: the variable of a CPU (setup_per_cpu_areas).
  Result<std::vector<uint64_t>> cpu_offsets() {
    const VirtAddr table = TRY(kernel_.facts().need_symbol("__per_cpu_offset"));
    const VirtAddr number = TRY(kernel_.facts().need_symbol("nr_cpu_ids"));
    const uint32_t count = TRY(memory_.read_value<le32>(number));
    if (count == 0 || count > kMaxCpus) return fail("nr_cpu_ids is {}, from 1 to {} can be", count, kMaxCpus);
    const VirtAddr variables = TRY(kernel_.facts().need_symbol("__per_cpu_start"));
    const KernelLayout& layout = TRY(find_architecture(kernel_.vmcore().machine()))->kernel;
    const VirtRange image{layout.image, layout.image + layout.image_size};
    std::vector<uint64_t> offsets;
    for (uint32_t cpu = 0; cpu < count; ++cpu) {
      const uint64_t offset = TRY(memory_.read_value<le64>(table + uint64_t{cpu} * 8));
      // A CPU that cannot be has the offset of a place in the image, whose pages were freed.
      if (!image.contains(variables + offset)) offsets.push_back(offset);
    }
    return offsets;
  }

  // --- loops

  Status run(const BoundRule& rule) {
    cpu_offset_ = 0;
    if (!is_per_cpu(rule)) return run_loop(rule);
    const auto offsets = cpu_offsets();
    if (!offsets) return fail("the CPUs' own variables are not found: {}", offsets.error().message());
    for (const uint64_t offset : *offsets) {
      cpu_offset_ = offset;
      TRY(run_loop(rule));
    }
    return {};
  }

  Status run_loop(const BoundRule& rule) {
    const BoundLoop& loop = rule.loop;
    if (loop.kind == LoopKind::once) return run_body(rule, VirtAddr());
    const auto start = reach(loop.path, VirtAddr());
    if (!start) return trouble(loop.place, loop.text, start.error().message());
    if (!*start) return {};
    switch (loop.kind) {
      case LoopKind::array:
        return run_array(rule, **start);
      case LoopKind::chain:
        return run_chain(rule, **start);
      default:
        return run_list(rule, **start);
    }
  }

  Status run_body(const BoundRule& rule, VirtAddr element) {
    for (const BoundErase& erase : rule.body) TRY(run_erase(erase, element));
    return spend(1);
  }

  Status run_array(const BoundRule& rule, VirtAddr start) {
    for (uint64_t i = 0; i < rule.loop.count; ++i) TRY(run_body(rule, start + i * rule.loop.element_size));
    return {};
  }

  Status run_chain(const BoundRule& rule, VirtAddr start) {
    const BoundLoop& loop = rule.loop;
    Result<VirtAddr> element = loop.follow ? pointer_at(start) : start;
    const VirtAddr first = element.value_or(VirtAddr());
    CircleWatch circle;
    while (element && *element != VirtAddr()) {
      if (circle.comes_again(*element)) return goes_in_a_circle(loop);
      TRY(run_body(rule, *element));
      element = next_of(loop, *element);
      if (element && *element == first) return {};
    }
    return element ? Status() : trouble(loop.place, loop.text, element.error().message());
  }

  Result<VirtAddr> next_of(const BoundLoop& loop, VirtAddr element) {
    const auto slot = TRY(walk(element, loop.next));
    return slot ? pointer_at(*slot) : VirtAddr();
  }

  Status run_list(const BoundRule& rule, VirtAddr head) {
    const BoundLoop& loop = rule.loop;
    CircleWatch circle;
    Result<VirtAddr> link = pointer_at(head + loop.link_offset);
    for (; link && *link != head; link = pointer_at(*link + loop.link_offset)) {
      if (*link == VirtAddr()) return trouble(loop.place, loop.text, "a link is NULL");
      if (circle.comes_again(*link)) return goes_in_a_circle(loop);
      TRY(run_body(rule, *link - loop.member_offset));
    }
    return link ? Status() : trouble(loop.place, loop.text, link.error().message());
  }

  Status goes_in_a_circle(const BoundLoop& loop) {
    return trouble(loop.place, loop.text, "the list goes in a circle without coming back to its start");
  }

  // --- memory

  Result<VirtAddr> pointer_at(VirtAddr addr) { return VirtAddr(TRY(memory_.read_value<le64>(addr))); }

  // nullopt: there is a NULL on the way.
  Result<std::optional<VirtAddr>> walk(VirtAddr addr, const std::vector<BoundStep>& steps) {
    for (const BoundStep& step : steps) {
      if (step.follow) addr = TRY(pointer_at(addr));
      if (addr == VirtAddr()) return std::nullopt;
      addr += step.offset;
    }
    return addr;
  }

  Result<std::optional<VirtAddr>> reach(const BoundPath& path, VirtAddr element) {
    if (path.symbol.empty()) return walk(element, path.steps);
    return walk(symbols_[path.symbol] + (path.is_per_cpu ? cpu_offset_ : 0), path.steps);
  }

  // Up to its NUL, which stays: bytes.
  Result<uint64_t> length_of_text(VirtAddr addr, uint64_t most) {
    std::array<char, 256> part{};
    for (uint64_t length = 0; length < most;) {
      const uint64_t place = (addr + length).value() % part.size();
      const size_t size = std::min<uint64_t>(part.size() - place, most - length);
      // A part never crosses a page: what comes before an unmapped one counts.
      const Status read = memory_.read(addr + length, std::as_writable_bytes(std::span(part).first(size)));
      if (!read && length != 0) return length;
      TRY(read);
      const auto* const end = std::find(part.begin(), part.begin() + size, '\0');
      length += static_cast<uint64_t>(end - part.begin());
      if (end != part.begin() + size) return length;
    }
    return most;
  }

  // nullopt: a NULL on the way.
  Result<std::optional<uint64_t>> value_of(const BoundNumber& number, VirtAddr element) {
    auto addr = TRY(reach(number.path, element));
    if (addr && number.follow) addr = TRY(pointer_at(*addr));
    if (!addr || *addr == VirtAddr()) return std::nullopt;
    le64 value = 0;
    TRY(memory_.read(*addr, mutable_bytes_of(value).first(number.bytes)));
    const int64_t extended = sign_extended(value, number.bytes);
    if (number.is_signed && extended < 0) return fail("the size is {}", extended);
    return uint64_t{value};
  }

  // --- commands

  Status run_erase(const BoundErase& erase, VirtAddr element) {
    const auto done = try_erase(erase, element);
    if (done) return *done ? spend(1) : Status();
    if (is_too_much_) return std::unexpected(done.error());
    return trouble(erase.place, erase.text, done.error().message());
  }

  // Whether there was something.
  Result<bool> try_erase(const BoundErase& erase, VirtAddr element) {
    const auto place = TRY(reach(erase.path, element));
    if (!place) return false;
    const bool follow = erase.target == EraseTarget::pointed || erase.target == EraseTarget::text;
    const VirtAddr target = follow ? TRY(pointer_at(*place)) : *place;
    if (target == VirtAddr()) return false;
    const auto bytes = TRY(bytes_of_target(erase, element, target));
    if (bytes.value_or(0) == 0) return false;
    TRY(cover(target, *bytes, erase.target == EraseTarget::pointer ? EraseFill::zero : EraseFill::poison));
    tell(erase, target, *bytes);
    return true;
  }

  Result<std::optional<uint64_t>> bytes_of_target(const BoundErase& erase, VirtAddr element,
                                                  VirtAddr target) {
    if (erase.size) return value_of(*erase.size, element);
    if (erase.target == EraseTarget::text) return TRY(length_of_text(target, erase.bytes));
    return erase.bytes;
  }

  Status cover(VirtAddr begin, uint64_t bytes, EraseFill fill) {
    if (bytes > kMaxErasedBytes || begin + (bytes - 1) < begin)
      return fail("{} bytes at {:#x} cannot be", bytes, begin.value());
    TRY(spend(bytes / kernel_.page_size() + 1));
    uint64_t mapped = 0;
    Status added;
    memory_.for_each_mapped({begin, begin + bytes}, [&](PhysRange piece) {
      mapped += piece.size();
      added = plan_.memory.add(piece, fill);
      is_too_much_ = !added;
      return added.has_value();
    });
    TRY(std::move(added));
    if (mapped == bytes) return {};
    return fail("of {} bytes at {:#x} only {} are mapped", bytes, begin.value(), mapped);
  }

  // Several pointers may lead to one object, as to a text that is a constant.
  void tell(const BoundErase& erase, VirtAddr target, uint64_t bytes) {
    if (plan_.info.size() >= kMaxEraseInfo || !told_.insert(target.value()).second) return;
    const bool nullified = erase.target == EraseTarget::pointer;
    const std::string what = nullified ? "nullify" : fmt::format("size {}", bytes);
    const std::string line = fmt::format("erase {} {}\n", erase.text, what);
    if (plan_.info.size() + line.size() <= kMaxEraseInfo) plan_.info += line;
  }

  // --- limits and notes

  Status spend(uint64_t work) {
    spent_ += work;
    if (spent_ <= kMaxWork) return {};
    is_too_much_ = true;
    return fail(ErrorKind::corrupt,
                "the rules lead to more than {} objects and pages: is a list or a size damaged?", kMaxWork);
  }

  Status trouble(const RulePlace& place, const std::string& text, const std::string& message) {
    Trouble& known = troubles_[place.line];
    if (known.count++ == 0) known.first = fmt::format("'{}' is not erased as a whole: {}", text, message);
    return spend(1);
  }

  const BoundRules& rules_;
  const KernelInfo& kernel_;
  VirtualReader memory_;
  ErasePlan plan_;
  std::map<std::string, VirtAddr, std::less<>> symbols_;
  std::set<std::string, std::less<>> placed_modules_;
  std::map<unsigned, Trouble> troubles_;  // by line
  std::unordered_set<uint64_t> told_;     // addresses that plan_.info has
  uint64_t cpu_offset_ = 0;
  uint64_t spent_ = 0;
  bool is_too_much_ = false;  // not one object's trouble: everything ends
};

}  // namespace

diskdump::UtsName erased_utsname(const KernelInfo& kernel, const ErasedMemory& erased) {
  diskdump::UtsName name = kernel.utsname();
  const auto place = utsname_place(kernel.facts());
  auto memory = kernel.address_space().reader();
  if (erased.empty() || !place || !memory) return name;
  MutableBytes left = mutable_bytes_of(name);
  memory->for_each_mapped({*place, *place + sizeof name}, [&](PhysRange piece) {
    erased.apply(piece.begin, left.first(piece.size()));
    left = left.subspan(piece.size());
    return true;
  });
  for (char* field : {name.sysname, name.nodename, name.release, name.version, name.machine, name.domainname})
    field[diskdump::kUtsFieldSize - 1] = '\0';
  return name;
}

Result<ErasePlan> plan_erasure(const BoundRules& rules, const KernelInfo& kernel) {
  ErasePlan before{.memory = {}, .info = std::string(kernel.vmcore().erase_info()), .notes = {}};
  if (rules.empty()) return before;
  VirtualReader memory =
      TRY(with_context(kernel.address_space().reader(), "{}: nothing can be erased", rules.file));
  ErasePlan plan = TRY(Evaluator(rules, kernel, std::move(memory)).run());
  plan.info.insert(0, before.info);
  return plan;
}

}  // namespace kdump
