// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/erase/bind.h"

#include <algorithm>
#include <set>
#include <span>

#include "common/module_name.h"

namespace kdump {
namespace {

constexpr std::string_view kListHead = "struct list_head";
constexpr uint64_t kMaxText = 1024;  // bytes of a string that is erased; as the original has it

// What the words of a path so far lead to.
struct Reached {
  BoundPath path;
  TypeId id = kNoType;
  TypeInfo type;
};

// The loop around a command: its variable, and what that is.
struct Scope {
  std::string_view variable;
  TypeId element = kNoType;
};

// A path that goes through no pointer.
std::optional<uint64_t> plain_offset(const BoundPath& path) {
  uint64_t offset = 0;
  for (const BoundStep& step : path.steps) {
    if (step.follow) return std::nullopt;
    offset += step.offset;
  }
  return offset;
}

std::set<std::string> symbols_of_section(const EraseRules& rules, std::string_view module) {
  std::set<std::string> names;
  for (const EraseRule& rule : rules.rules) {
    if (module_name(rule.module) != module) continue;
    const std::string variable = rule.loop ? rule.loop->variable : "";
    if (rule.loop) names.insert(rule.loop->list.names[0]);
    for (const EraseCommand& command : rule.body) {
      if (command.what.names[0] != variable) names.insert(command.what.names[0]);
      if (command.size && command.size->names[0] != variable) names.insert(command.size->names[0]);
    }
  }
  return names;
}

// The rules of one section, or of all those of one module.
class Binder {
 public:
  Binder(const EraseRules& rules, std::string module, TypeSource& types, BoundRules& bound)
      : rules_(rules), module_(std::move(module)), types_(types), bound_(bound) {}

  Result<BoundRule> bind(const EraseRule& rule) {
    BoundRule bound;
    bound.module = module_;
    Scope scope;
    if (rule.loop) {
      scope.variable = rule.loop->variable;
      bound.loop = TRY(loop(*rule.loop, scope));
    }
    for (const EraseCommand& command : rule.body) bound.body.push_back(TRY(erase(command, scope)));
    return bound;
  }

 private:
  template <typename... Args>
  [[nodiscard]] Failure refuse(const RulePath& path, fmt::format_string<Args...> format,
                               Args&&... args) const {
    return fail_at(rules_.file, path.place, "{}", fmt::format(format, std::forward<Args>(args)...));
  }

  // --- paths

  Result<Reached> reach(const RulePath& path, const Scope& scope, size_t count) {
    Reached at = TRY(start(path, scope));
    for (size_t i = 1; i < count; ++i) TRY(step(at, path, i));
    return at;
  }

  Result<Reached> reach(const RulePath& path, const Scope& scope) {
    return reach(path, scope, path.names.size());
  }

  Result<Reached> start(const RulePath& path, const Scope& scope) {
    const std::string& name = path.names[0];
    if (!scope.variable.empty() && name == scope.variable) return at_element(scope.element);
    const auto variable = types_.variable(name);
    if (!variable) return refuse(path, "{}", variable.error().message());
    if (!*variable)
      return refuse(path, "no symbol '{}' in {}: correct the name or remove the rule", name, types_.name());
    if (module_.empty()) bound_.symbols[name] = (*variable)->address;
    const std::string symbol = module_.empty() ? name : symbol_of_module(module_, name);
    return Reached{.path = {.symbol = symbol, .is_per_cpu = (*variable)->is_per_cpu, .steps = {}},
                   .id = (*variable)->type,
                   .type = types_.type((*variable)->type)};
  }

  Reached at_element(TypeId element) { return {.path = {}, .id = element, .type = types_.type(element)}; }

  // On to the member that is the path's `i`th word.
  Status step(Reached& at, const RulePath& path, size_t i) {
    bool follow = false;
    TRY(enter_array(at, path, i));
    if (at.type.kind == TypeKind::pointer) {
      follow = true;
      move_to(at, at.type.target);
      TRY(enter_array(at, path, i));
    }
    if (at.type.kind != TypeKind::aggregate) return has_no_members(at, path, i);
    const std::string& name = path.names[i];
    const auto member = types_.member(at.id, name);
    if (!member)
      return refuse(path, "{} has no member '{}': correct the name or remove the rule", at.type.name, name);
    if (member->is_bit_field) return refuse(path, "'{}' is a bit-field of {}", name, at.type.name);
    at.path.steps.push_back({follow, member->offset});
    move_to(at, member->type);
    return {};
  }

  void move_to(Reached& at, TypeId id) {
    at.id = id;
    at.type = types_.type(id);
  }

  // An array of one element is that element.
  Status enter_array(Reached& at, const RulePath& path, size_t i) {
    if (at.type.kind != TypeKind::array) return {};
    if (at.type.count > 1)
      return refuse(path, "'{}' is an array of {} elements: erase its members in a loop over it",
                    first_words(path, i), at.type.count);
    move_to(at, at.type.target);
    return {};
  }

  [[nodiscard]] Failure has_no_members(const Reached& at, const RulePath& path, size_t i) const {
    const std::string what = first_words(path, i);
    if (at.type.name.starts_with("struct ") || at.type.name.starts_with("union "))
      return refuse(path, "'{}' leads to {}, which {} does not define", what, at.type.name, types_.name());
    return refuse(path, "'{}' is no struct, so it has no member '{}'", what, path.names[i]);
  }

  static std::string first_words(const RulePath& path, size_t count) {
    const auto first = path.names.begin();
    return RulePath{.names = {first, first + static_cast<ptrdiff_t>(count)}, .place = {}}.text();
  }

  // --- commands

  Result<BoundErase> erase(const EraseCommand& command, const Scope& scope) {
    const Reached at = TRY(reach(command.what, scope));
    BoundErase bound{.text = command.what.text(), .place = command.what.place, .path = at.path, .size = {}};
    const bool has_size = command.bytes || command.size;
    if (command.nullify) {
      TRY(nullify(bound, at, command.what));
    } else if (at.type.kind == TypeKind::pointer) {
      TRY(pointed(bound, at, command.what, has_size));
    } else {
      bound.bytes = at.type.size;
      if (bound.bytes == 0 && !has_size)
        return refuse(command.what, "nothing tells how long '{}' is: give its size", bound.text);
    }
    if (command.bytes) bound.bytes = *command.bytes;
    if (command.size) bound.size = TRY(number(*command.size, scope));
    return bound;
  }

  Status nullify(BoundErase& bound, const Reached& at, const RulePath& what) const {
    if (at.type.kind != TypeKind::pointer)
      return refuse(what, "'{}' is no pointer, so nullify has no meaning: leave it out", bound.text);
    bound.target = EraseTarget::pointer;
    bound.bytes = at.type.size;
    return {};
  }

  Status pointed(BoundErase& bound, const Reached& at, const RulePath& what, bool has_size) const {
    bound.target = EraseTarget::pointed;
    if (has_size) return {};
    const TypeInfo type = types_.type(at.type.target);
    bound.bytes = type.size;
    if (type.kind == TypeKind::number && type.name == "char") {
      bound.target = EraseTarget::text;
      bound.bytes = kMaxText;
      return {};
    }
    // One byte of a buffer is never what is meant.
    const bool is_buffer = type.kind == TypeKind::number && type.size == 1;
    if (type.size != 0 && !is_buffer) return {};
    return refuse(what, "nothing tells how much the '{} *' pointer '{}' points to: give size or nullify",
                  type.name, bound.text);
  }

  Result<BoundNumber> number(const RulePath& path, const Scope& scope) {
    const Reached at = TRY(reach(path, scope));
    const bool follow = at.type.kind == TypeKind::pointer;
    const TypeInfo type = follow ? types_.type(at.type.target) : at.type;
    const bool is_number = type.kind == TypeKind::number &&
                           (type.size == 1 || type.size == 2 || type.size == 4 || type.size == 8);
    if (!is_number) return refuse(path, "'{}' is no number, so it is no size", path.text());
    return BoundNumber{.path = at.path,
                       .follow = follow,
                       .bytes = static_cast<unsigned>(type.size),
                       .is_signed = type.is_signed};
  }

  // --- loops

  Result<BoundLoop> loop(const LoopHead& head, Scope& scope) {
    BoundLoop bound{.text = head.list.text(), .place = head.list.place, .path = {}, .next = {}};
    if (const size_t words = TRY(words_of_list_head(head)); words != 0) {
      TRY(list(bound, head, words, scope));
      return bound;
    }
    const Reached at = TRY(reach(head.list, {}));
    bound.path = at.path;
    if (!head.within.empty())
      return refuse(head.list, "'{}' is no struct list_head, so leave out 'within'", bound.text);
    if (at.type.kind == TypeKind::array) {
      TRY(array(bound, head, at));
      scope.element = at.type.target;
    } else {
      TRY(chain(bound, head, at, scope));
    }
    return bound;
  }

  bool is_list_head(const Reached& at) const {
    return at.type.name == kListHead ||
           (at.type.kind == TypeKind::pointer && types_.type(at.type.target).name == kListHead);
  }

  // How many of the list's words lead to a list_head: all, or all but a last "next" or "prev", which is
  // the way to go. 0: it is no list_head.
  Result<size_t> words_of_list_head(const LoopHead& head) {
    const size_t count = head.list.names.size();
    const std::string& last = head.list.names.back();
    if (count > 1 && (last == "next" || last == "prev") && is_list_head(TRY(reach(head.list, {}, count - 1))))
      return count - 1;
    return is_list_head(TRY(reach(head.list, {}))) ? count : size_t{0};
  }

  Status list(BoundLoop& bound, const LoopHead& head, size_t words, Scope& scope) {
    if (head.within.empty())
      return refuse(head.list, "'{}' is a struct list_head: say within STRUCT:MEMBER what it links",
                    bound.text);
    Reached at = TRY(reach(head.list, {}, words));
    if (at.type.kind == TypeKind::pointer) {
      at.path.steps.push_back({true, 0});
      move_to(at, at.type.target);
    }
    const std::string way = words < head.list.names.size() ? head.list.names.back() : "next";
    const auto link = types_.member(at.id, way);
    if (!link) return refuse(head.list, "{} has no member '{}'", kListHead, way);
    bound.kind = LoopKind::list;
    bound.path = at.path;
    bound.link_offset = link->offset;
    scope.element = types_.aggregate(head.within);
    if (scope.element == kNoType)
      return refuse(head.within_member, "no struct '{}' in {}", head.within, types_.name());
    const Reached member = TRY(reach_from(scope.element, head.within_member));
    const auto offset = plain_offset(member.path);
    if (!offset || member.type.name != kListHead)
      return refuse(head.within_member, "'{}' of struct {} is no {}", head.within_member.text(), head.within,
                    kListHead);
    bound.member_offset = *offset;
    return {};
  }

  // A path whose first word is a member already.
  Result<Reached> reach_from(TypeId owner, const RulePath& path) {
    RulePath whole = path;
    whole.names.insert(whole.names.begin(), types_.type(owner).name);
    return reach(whole, {.variable = whole.names[0], .element = owner});
  }

  Status array(BoundLoop& bound, const LoopHead& head, const Reached& at) const {
    if (head.via)
      return refuse(head.list, "'{}' is an array, so leave out 'via': every element is visited", bound.text);
    bound.kind = LoopKind::array;
    bound.element_size = types_.type(at.type.target).size;
    bound.count = at.type.count;
    if (bound.element_size != 0 && bound.count != 0) return {};
    return refuse(head.list, "nothing tells how many elements the array '{}' has", bound.text);
  }

  Status chain(BoundLoop& bound, const LoopHead& head, const Reached& at, Scope& scope) {
    bound.kind = LoopKind::chain;
    bound.follow = at.type.kind == TypeKind::pointer;
    scope.element = bound.follow ? at.type.target : at.id;
    const TypeInfo type = types_.type(scope.element);
    if (type.kind != TypeKind::aggregate)
      return refuse(head.list, "'{}' is no array, no struct and no pointer to one", bound.text);
    const RulePath via = head.via.value_or(RulePath{.names = {"next"}, .place = head.list.place});
    const Reached next = TRY(reach_from(scope.element, via));
    const bool leads_on =
        next.type.kind == TypeKind::pointer && types_.type(next.type.target).name == type.name;
    if (!leads_on) return refuse(via, "'{}' does not point to the next {}", via.text(), type.name);
    bound.next = next.path.steps;
    return {};
  }

  const EraseRules& rules_;
  std::string module_;  // empty: the kernel itself
  TypeSource& types_;
  BoundRules& bound_;
};

// A module's variables and types, as long as its rules are bound.
struct OpenModule {
  BoundModule bound;
  std::unique_ptr<TypeSource> types;
};

Result<OpenModule> open_module(const EraseRules& rules, const EraseRule& first, ModuleTypeSource& source) {
  const std::string name = module_name(first.module);
  const std::set<std::string> symbols = symbols_of_section(rules, name);
  OpenModule module;
  module.bound.place = first.module_place;
  module.bound.symbols.assign(symbols.begin(), symbols.end());
  ModuleTypes opened = TRY(source.open(name, module.bound.symbols));
  module.bound.missing = std::move(opened.missing);
  module.types = std::move(opened.types);
  if (module.types != nullptr) {
    module.bound.file = module.types->name();
    module.bound.build_id = module.types->build_id();
  }
  return module;
}

// What finds the modules of a dead kernel.
Status add_module_list(BoundRules& bound, TypeSource& kernel) {
  bound.module_layout = TRY(module_layout(kernel));
  const auto head = TRY(kernel.variable(kModulesSymbol));
  if (!head) return fail("no symbol '{}' in {}: the kernel has no modules", kModulesSymbol, kernel.name());
  bound.symbols[std::string(kModulesSymbol)] = head->address;
  return {};
}

}  // namespace

std::string symbol_fact(std::string_view symbol) { return fmt::format("erase:{}", symbol); }

std::string symbol_of_module(std::string_view module, std::string_view symbol) {
  return fmt::format("{}:{}", module, symbol);
}

void BoundRules::add_symbols(NamedFacts& named) const {
  for (const auto& [symbol, address] : symbols)
    named.lines.set(fmt::format("SYMBOL({})", symbol_fact(symbol)), fmt::format("{:x}", address));
}

std::vector<std::string> symbols_of(const EraseRules& rules) {
  std::set<std::string> names = symbols_of_section(rules, kVmlinuxSection);
  const auto is_of_module = [](const EraseRule& rule) { return rule.module != kVmlinuxSection; };
  if (std::ranges::any_of(rules.rules, is_of_module)) names.emplace(kModulesSymbol);
  return {names.begin(), names.end()};
}

Result<BoundRules> bind_rules(const EraseRules& rules, TypeSource& kernel, ModuleTypeSource& modules) {
  BoundRules bound;
  bound.file = rules.file;
  std::map<std::string, OpenModule, std::less<>> opened;
  for (const EraseRule& rule : rules.rules) {
    if (rule.module == kVmlinuxSection) {
      bound.rules.push_back(TRY(Binder(rules, "", kernel, bound).bind(rule)));
      continue;
    }
    const std::string name = module_name(rule.module);
    if (!opened.contains(name)) {
      opened[name] = TRY(with_context(open_module(rules, rule, modules), "{}:{}:{}: [{}]", rules.file,
                                      rule.module_place.line, rule.module_place.column, rule.module));
      bound.modules[name] = opened[name].bound;
    }
    TypeSource* const types = opened[name].types.get();
    if (types != nullptr) bound.rules.push_back(TRY(Binder(rules, name, *types, bound).bind(rule)));
  }
  if (!bound.modules.empty()) TRY(with_context(add_module_list(bound, kernel), "{}", rules.file));
  return bound;
}

}  // namespace kdump
