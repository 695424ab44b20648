// SPDX-License-Identifier: GPL-2.0-or-later
// A core that a text describes, one statement a line ('#' begins a comment). Numbers may be hexadecimal
// (0x…), sizes have a suffix (16M, 63G); a pfn is a page's number in physical memory.
//
//   levels 4|5                 of the page tables; the first statement, when there is one
//   ram BEGIN SIZE             memory besides the 16 MiB from 0 on that every core has
//   fact LINE                  a line of VMCOREINFO, in place of the one with its key
//   no-fact KEY                that line is not there
//   pages CLASS PFN COUNT      what struct pages say of pages of the first 16 MiB; CLASS is one of kClasses
//   sections CLASS PFN COUNT   the same of pages, by their number in it, of each section above (all of these
//   share the
//                              2 MiB of their struct pages, so that they take no memory)
//   text PFN COUNT             pages with text in them; others hold what the kernel has there, or zeros
//   noise PFN COUNT            pages that do not compress
//   log COUNT                  a printk ring with so many records added
//   with cpus|zones|kallsyms   the kernel's image, per-CPU areas, tasks and stacks; or its nodes and free
//   lists; or its
//                              symbol table. What lies at the same place excludes each other: cpus is alone.
//
// Everything else is as in tests/unit/makedumpfile/support: a kernel told by 6.1's facts, which `fact` and
// `no-fact` can make one of another series.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "common/error.h"
#include "tests/unit/makedumpfile/support/fake_kernel.h"

namespace kdump::test {

class DescribedCore {
 public:
  // Errors name the line.
  static Result<DescribedCore> of_text(std::string_view text);
  static Result<DescribedCore> of_file(const std::string& path);

  DescribedCore(DescribedCore&&) noexcept;
  ~DescribedCore();

  [[nodiscard]] const FakeVmcore& vmcore() const;
  // As an ELF core, as /proc/vmcore has it, into the empty file; pages that hold nothing are holes.
  Status write_elf(int fd, const std::string& name) const;

 private:
  struct Parts;
  explicit DescribedCore(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace kdump::test
