// SPDX-License-Identifier: GPL-2.0-or-later
// Little ELF cores, byte by byte, for tests of the reader: headers can be set to anything.
#pragma once

#include <string>
#include <vector>

#include "common/layout/elf.h"
#include "makedumpfile/vmcore/byte_source.h"

namespace kdump::test {

// A dump file in memory.
class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(ByteVector bytes, std::string name = "core")
      : name_(std::move(name)), bytes_(std::move(bytes)) {}
  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] uint64_t size() const override { return bytes_.size(); }
  Status read(uint64_t offset, MutableBytes out) const override {
    if (offset > bytes_.size() || out.size() > bytes_.size() - offset)
      return fail(ErrorKind::corrupt, "{}: offset {:#x}: the file ends at {:#x}", name_, offset,
                  bytes_.size());
    if (!out.empty()) std::memcpy(out.data(), bytes_.data() + offset, out.size());
    return {};
  }

 private:
  std::string name_;
  ByteVector bytes_;
};

// Program headers go to `phoff`; data is where the caller puts it with `put`.
template <typename E = Little>
struct ElfCoreBuilder {
  elf::Ehdr64<E> ehdr{};
  std::vector<elf::Phdr64<E>> phdrs;
  ByteVector bytes;

  ElfCoreBuilder() {
    std::copy(std::begin(elf::kMagic), std::end(elf::kMagic), ehdr.e_ident);
    ehdr.e_ident[elf::EI_CLASS] = elf::ELFCLASS64;
    ehdr.e_ident[elf::EI_DATA] = E::kOrder == std::endian::little ? elf::ELFDATA2LSB : elf::ELFDATA2MSB;
    ehdr.e_ident[elf::EI_VERSION] = 1;
    ehdr.e_type = elf::ET_CORE;
    ehdr.e_machine = elf::EM_X86_64;
    ehdr.e_version = 1;
    ehdr.e_phoff = sizeof ehdr;
    ehdr.e_ehsize = sizeof ehdr;
    ehdr.e_phentsize = sizeof(elf::Phdr64<E>);
  }

  elf::Phdr64<E>& add(uint32_t type, uint64_t offset, uint64_t paddr, uint64_t size) {
    elf::Phdr64<E> phdr{};
    phdr.p_type = type;
    phdr.p_offset = offset;
    phdr.p_paddr = paddr;
    phdr.p_filesz = size;
    phdr.p_memsz = size;
    phdrs.push_back(phdr);
    ehdr.e_phnum = static_cast<uint16_t>(phdrs.size());
    return phdrs.back();
  }

  void put(uint64_t offset, Bytes data) {
    bytes.resize(std::max<size_t>(bytes.size(), offset + data.size()));
    std::copy(data.begin(), data.end(), bytes.begin() + static_cast<ptrdiff_t>(offset));
  }

  // The file; the headers are written last.
  ByteVector build() {
    put(ehdr.e_phoff, std::as_bytes(std::span(phdrs)));
    put(0, bytes_of(ehdr));
    return bytes;
  }
};

}  // namespace kdump::test
