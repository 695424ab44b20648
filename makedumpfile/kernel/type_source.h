// SPDX-License-Identifier: GPL-2.0-or-later
// Variables and types of a kernel, asked for by name: what erase rules are held against. A vmlinux with debug
// information answers (dwarf_types.h), tests have made ones.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "common/error.h"

namespace kdump {

// Of one TypeSource.
using TypeId = uint32_t;
inline constexpr TypeId kNoType = 0;  // void, and what nothing is known of

enum class TypeKind {
  none,    // void, a function, or a struct that is declared and nowhere defined
  number,  // integer, enum, bool, floating point
  pointer,
  array,
  aggregate,  // struct or union
};

// Typedefs and qualifiers are taken off.
struct TypeInfo {
  TypeKind kind = TypeKind::none;
  std::string name;         // "struct task_struct", "char", "void"; of pointers and arrays empty
  uint64_t size = 0;        // bytes; 0: not known. Of an array: of all of it
  TypeId target = kNoType;  // what a pointer points to, or an array's elements
  uint64_t count = 0;       // elements of an array, over all its dimensions
  bool is_signed = false;
};

struct TypeMember {
  TypeId type = kNoType;
  uint64_t offset = 0;  // bytes
  bool is_bit_field = false;
};

struct TypeVariable {
  uint64_t address = 0;  // as linked
  TypeId type = kNoType;
  bool is_per_cpu = false;  // each CPU has its own, and none is at `address`
};

class TypeSource {
 public:
  virtual ~TypeSource() = default;

  // The file, for messages.
  [[nodiscard]] virtual const std::string& name() const = 0;
  // Of the GNU note, hexadecimal; empty where it is not known.
  [[nodiscard]] virtual const std::string& build_id() const = 0;
  // A variable that is visible in the whole kernel, else the one of that name in some file; nullopt: there is
  // none. An error: there are several, and nothing tells which is meant.
  virtual Result<std::optional<TypeVariable>> variable(std::string_view name) = 0;
  // A struct or union by its name without the keyword.
  virtual TypeId aggregate(std::string_view name) = 0;
  virtual TypeInfo type(TypeId id) = 0;
  // Members of unnamed structs and unions count as the outer one's.
  virtual std::optional<TypeMember> member(TypeId aggregate, std::string_view name) = 0;
};

// A module's own variables and types; their addresses mean nothing, since it was linked to none.
struct ModuleTypes {
  std::unique_ptr<TypeSource> types;  // null: there is no file with them
  std::string missing;                // then: where one was looked for, and what to do about it
};

// The debug information of a kernel's modules.
class ModuleTypeSource {
 public:
  virtual ~ModuleTypeSource() = default;

  // To be asked for `variables`, and for any type. Errors: a file that has the module's debug information is
  // damaged.
  virtual Result<ModuleTypes> open(std::string_view module, std::span<const std::string> variables) = 0;
};

}  // namespace kdump
