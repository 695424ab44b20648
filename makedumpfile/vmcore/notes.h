// SPDX-License-Identifier: GPL-2.0-or-later
// The PT_NOTE segment of a dump: kept as it is for the dump that we write, and searched for what we need of
// it. A damaged note ends the search, not the dump: the dead kernel's memory is what it is, and the bytes are
// still worth keeping.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/bytes.h"
#include "common/error.h"

namespace kdump {

struct Note {
  std::string_view name;
  uint32_t type;
  Bytes descriptor;
};

// VMCOREINFO's text as the note that it is in a core, padded.
ByteVector vmcoreinfo_note(Bytes text, bool big_endian);

class Notes {
 public:
  Notes() = default;
  // Walks `raw` (the bytes of all PT_NOTEs, one after the other, each padded to 4 bytes); `source` names it
  // in damage().
  static Notes parse(ByteVector raw, bool big_endian, std::string_view source);

  // The bytes as they were in the dump, to be copied into ours.
  [[nodiscard]] Bytes raw() const { return raw_; }
  // Text of the VMCOREINFO note, empty when there is none; and where it starts in raw(), bytes.
  [[nodiscard]] std::string_view vmcoreinfo() const;
  [[nodiscard]] size_t vmcoreinfo_offset() const { return vmcoreinfo_offset_; }
  // Text of the ERASEINFO note: what makedumpfile's rules erased before this was written; empty when none
  // did.
  [[nodiscard]] std::string_view erase_info() const;
  // NT_PRSTATUS notes named CORE: one a CPU.
  [[nodiscard]] uint32_t cpu_count() const { return static_cast<uint32_t>(prstatus_.size()); }
  // Of one of them, by its place in the file: struct elf_prstatus as the architecture has it; it may be
  // short.
  [[nodiscard]] Bytes prstatus(uint32_t index) const;
  // What is wrong with the first damaged note (file, offset, field); empty when all are sound.
  [[nodiscard]] const std::string& damage() const { return damage_; }

 private:
  // A place in raw_.
  struct Place {
    size_t offset, size;
  };

  template <typename E>
  Status walk(std::string_view source);
  void take(const Note& note);

  ByteVector raw_;
  std::string damage_;
  size_t vmcoreinfo_offset_ = 0;
  size_t vmcoreinfo_size_ = 0;
  Place erase_info_{};
  std::vector<Place> prstatus_;
};

}  // namespace kdump
