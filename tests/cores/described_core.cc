// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/cores/described_core.h"

#include <unistd.h>

#include <functional>
#include <optional>
#include <random>

#include "common/fd.h"
#include "common/file.h"
#include "common/text.h"
#include "tests/unit/makedumpfile/support/elf_core_builder.h"
#include "tests/unit/makedumpfile/support/fake_kallsyms.h"
#include "tests/unit/makedumpfile/support/fake_printk_ring.h"
#include "tests/unit/makedumpfile/support/fake_protected.h"
#include "tests/unit/makedumpfile/support/fake_zones.h"

namespace kdump::test {
namespace {

using Words = std::vector<std::string_view>;

constexpr uint64_t kPage = 4096;
constexpr uint64_t kLowPages = FakeStructPages::kPages;
// The struct pages of every section above the first lie here, one for each page of a section.
constexpr uint64_t kShared = uint64_t{10} << 20;
constexpr uint64_t kSectionPages = 32768, kSectionBytes = kSectionPages * kPage;
// mem_section's second root, in a place that the first 16,384 sections leave free.
constexpr uint64_t kMoreSections = FakeStructPages::kRoots + 0x3000;
constexpr uint64_t kSectionsInRoot = 256;

// A struct page of 6.1, as FakeStructPages writes it.
struct PageState {
  uint64_t flags = 0;
  uint64_t mapping = 0;
  uint64_t private_value = 0;
  uint32_t mapcount = UINT32_MAX;
  uint32_t references = 1;
};

struct ClassRow {
  std::string_view name;
  uint64_t block;  // pages that belong together; the first has the state, the others are free of any
  PageState state;
};

constexpr uint64_t kMapping = 0xffff888000001000, kAnonymous = 1;
constexpr ClassRow kClasses[] = {
    {"kernel", 1, {}},
    {"cache", 1, {.flags = FakeStructPages::kLru, .mapping = kMapping}},
    {"private_cache", 1, {.flags = FakeStructPages::kLru | FakeStructPages::kPrivate, .mapping = kMapping}},
    {"user", 1, {.flags = FakeStructPages::kLru, .mapping = kMapping | kAnonymous, .mapcount = 0}},
    {"free", 1024, {.private_value = 10, .mapcount = FakeStructPages::kBuddy, .references = 0}},
    {"slab", 1, {.flags = FakeStructPages::kSlab}},
    {"offline", 1, {.mapcount = FakeStructPages::kOffline}},
    {"hwpoison", 1, {.flags = FakeStructPages::kHwpoison}},
};

Result<uint64_t> number(std::string_view word) {
  auto value = parse_u64(word, 0);
  if (!value) value = parse_size(word);
  if (!value) return fail("'{}' is no number", word);
  return *value;
}

std::string page_text(uint64_t pfn) {
  std::string text;
  while (text.size() < kPage) text += fmt::format("page {} of a described core ", pfn);
  return text.substr(0, kPage);
}

ByteVector noise(uint64_t pfn) {
  std::mt19937_64 random(pfn);
  std::vector<uint64_t> words(kPage / sizeof(uint64_t));
  for (uint64_t& word : words) word = random();
  const Bytes bytes = std::as_bytes(std::span(words));
  return {bytes.begin(), bytes.end()};
}

}  // namespace

struct DescribedCore::Parts {
  std::unique_ptr<FakeKernel> kernel;
  std::optional<FakeStructPages> pages;
  std::optional<FakePrintkRing> ring;
  std::optional<FakeProtected> cpus;
  std::optional<FakeZones> zones;
  std::optional<FakeKallsyms> kallsyms;
  bool has_sections = false;

  // What every core has, once `levels` had its chance.
  void begin(int levels = 4) {
    if (kernel) return;
    kernel = std::make_unique<FakeKernel>(levels);
    pages.emplace(*kernel);
    ring.emplace(*kernel);
  }

  void put_state(uint64_t at, const PageState& state) const {
    FakeVmcore& memory = kernel->vmcore();
    memory.put_value<le64>(at, state.flags);
    memory.put_value<le64>(at + 24, state.mapping);
    memory.put_value<le64>(at + 40, state.private_value);
    memory.put_value<le32>(at + 48, state.mapcount);
    memory.put_value<le32>(at + 52, state.references);
  }
  Status put_class(uint64_t place, uint64_t most, const Words& words) const {
    const auto* row = std::ranges::find(kClasses, words[1], &ClassRow::name);
    if (row == std::end(kClasses)) return fail("'{}' is no class of pages", words[1]);
    const uint64_t first = TRY(number(words[2])), count = TRY(number(words[3]));
    if (first > most || count > most - first) return fail("there are {} pages", most);
    for (uint64_t i = 0; i < count; ++i)
      put_state(place + (first + i) * 64, i % row->block == 0 ? row->state : PageState{.references = 0});
    return {};
  }

  // Sections whose struct pages are those at kShared.
  void add_section(uint64_t section) const {
    const uint64_t vmemmap = FakeStructPages::kVmemmap;
    kernel->map(vmemmap + section * kSectionPages * 64, kShared, 21);
    const uint64_t table = section < kSectionsInRoot ? FakeStructPages::kSections : kMoreSections;
    kernel->vmcore().put_value<le64>(table + section % kSectionsInRoot * 16, vmemmap | 0x3f);
  }
  Status add_ram(const Words& words) {
    const uint64_t begin = TRY(number(words[1])), size = TRY(number(words[2]));
    if (begin < FakeKernel::kMemorySize || begin % kPage != 0 || size % kPage != 0 || size == 0 ||
        begin + size > kSectionBytes * 2 * kSectionsInRoot)
      return fail("memory is whole pages from 16 MiB to 64 GiB");
    if (!has_sections) {
      for (uint64_t i = 0; i < kSectionPages; ++i) put_state(kShared + i * 64, {});
      kernel->vmcore().put_value<le64>(FakeStructPages::kRoots + 8, FakeKernel::kImageBase + kMoreSections);
    }
    has_sections = true;
    kernel->vmcore().add_memory(begin, size);
    // The first section has struct pages of its own for what is below 16 MiB, and none above.
    for (uint64_t at = std::max(begin / kSectionBytes, uint64_t{1}); at * kSectionBytes < begin + size; ++at)
      add_section(at);
    return {};
  }

  Status fill(const Words& words) const {
    const uint64_t first = TRY(number(words[1])), count = TRY(number(words[2]));
    for (uint64_t pfn = first; pfn < first + count; ++pfn) {
      const std::string text = page_text(pfn);
      const ByteVector random = noise(pfn);
      if (kernel->vmcore().memory_map().find(PhysAddr(pfn * kPage)) == nullptr)
        return fail("page {:#x} is not in memory", pfn);
      kernel->vmcore().put(pfn * kPage,
                           words[0] == "text" ? bytes_of(std::string_view(text)) : Bytes(random));
    }
    return {};
  }
  Status add_log(const Words& words) {
    const uint64_t count = TRY(number(words[1]));
    for (uint64_t i = 0; i < count; ++i) ring->add(i * 1'000'000, fmt::format("record {} of the log", i));
    return {};
  }
  Status set_fact(const Words& words) const {
    const size_t equals = words[1].find('=');
    const std::string key(words[1].substr(0, std::min(equals, words[1].size())));
    if (kernel->vmcoreinfo().find("\n" + key + "=") != std::string::npos) kernel->replace_line(key + "=", "");
    if (words[0] == "fact") kernel->line(std::string(words[1]));
    return {};
  }
  Status add_part(const Words& words) {
    if (words[1] == "cpus" && !zones && !kallsyms) {
      cpus.emplace(*kernel);
      cpus->add_note(FakeProtected::kDirectMap + FakeProtected::kNoteStack + 0x3f00);
    } else if (words[1] == "zones" && !cpus) {
      zones.emplace(*kernel);
      zones->add(0, 4, 0, {64, 128});
    } else if (words[1] == "kallsyms" && !cpus) {
      kallsyms.emplace(*kernel, KallsymsAddresses::from_base);
      kallsyms->add('T', "_text", FakeKernel::kImageBase + 0x20000);
      kallsyms->add('d', "prb", FakeKernel::kImageBase + FakePrintkRing::kPointer);
    } else {
      return fail("no such part, or it has no place beside those that are there");
    }
    return {};
  }
  Status low_pages(const Words& words) const { return put_class(FakeStructPages::kPlace, kLowPages, words); }
  Status section_pages(const Words& words) const {
    if (!has_sections) return fail("there is no section yet: 'ram' comes first");
    return put_class(kShared, kSectionPages, words);
  }
  Status no_more_levels(const Words& /*words*/) { return fail("'levels' is the first statement"); }

  // A statement's function, whether it changes anything here or only the kernel.
  template <auto kFunction>
  static Status call(Parts& parts, const Words& words) {
    return (parts.*kFunction)(words);
  }
  struct StatementRow {
    std::string_view name;
    size_t words;
    Status (*run)(Parts& parts, const Words& words);
  };

  Status run(std::string_view line);
};

Status DescribedCore::Parts::run(std::string_view line) {
  const Words words = split_words(line.substr(0, line.find('#')));
  if (words.empty()) return {};
  if (!kernel && words[0] == "levels" && words.size() == 2 && (words[1] == "4" || words[1] == "5")) {
    begin(words[1] == "5" ? 5 : 4);
    return {};
  }
  begin();
  // A new statement = a row here, a line in the header.
  constexpr StatementRow kStatements[] = {
      {"levels", 2, call<&Parts::no_more_levels>},
      {"ram", 3, call<&Parts::add_ram>},
      {"fact", 2, call<&Parts::set_fact>},
      {"no-fact", 2, call<&Parts::set_fact>},
      {"pages", 4, call<&Parts::low_pages>},
      {"sections", 4, call<&Parts::section_pages>},
      {"text", 3, call<&Parts::fill>},
      {"noise", 3, call<&Parts::fill>},
      {"log", 2, call<&Parts::add_log>},
      {"with", 2, call<&Parts::add_part>},
  };
  for (const StatementRow& row : kStatements)
    if (row.name == words[0] && row.words == words.size()) return row.run(*this, words);
  return fail("'{}' with {} words is no statement", words[0], words.size());
}

DescribedCore::DescribedCore(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
DescribedCore::DescribedCore(DescribedCore&&) noexcept = default;
DescribedCore::~DescribedCore() = default;

Result<DescribedCore> DescribedCore::of_text(std::string_view text) {
  auto parts = std::make_unique<Parts>();
  size_t line_number = 0;
  for (const std::string_view line : split_lines(text))
    TRY(with_context(parts->run(line), "line {}", ++line_number));
  parts->begin();
  parts->kernel->vmcore().add_vmcoreinfo(parts->kernel->vmcoreinfo());
  return DescribedCore(std::move(parts));
}

Result<DescribedCore> DescribedCore::of_file(const std::string& path) {
  const std::string text = TRY(read_text_file(path));
  return with_context(of_text(text), "{}", path);
}

const FakeVmcore& DescribedCore::vmcore() const { return parts_->kernel->vmcore(); }

Status DescribedCore::write_elf(int fd, const std::string& name) const {
  const FakeVmcore& core = vmcore();
  const std::span<const MemorySegment> segments = core.memory_map().segments();
  ElfCoreBuilder<> elf;
  const uint64_t notes_at = sizeof elf.ehdr + (1 + segments.size()) * sizeof(elf::Phdr64<Little>);
  const Bytes notes = core.notes().raw();
  elf.add(elf::PT_NOTE, notes_at, 0, notes.size());
  uint64_t offset = (notes_at + notes.size() + kPage - 1) / kPage * kPage;
  std::vector<uint64_t> offsets;
  for (const MemorySegment& segment : segments) {
    offsets.push_back(offset);
    elf.add(elf::PT_LOAD, offset, segment.range.begin.value(), segment.range.size()).p_vaddr =
        FakeProtected::kDirectMap + segment.range.begin.value();
    offset += segment.range.size();
  }
  elf.put(notes_at, notes);
  if (ftruncate(fd, static_cast<off_t>(offset)) != 0) return fail_errno(errno, "{}", name);
  Status written = with_context(pwrite_all(fd, elf.build(), 0), "{}", name);
  core.for_each_page([&](uint64_t addr, Bytes bytes) {
    if (!written || all_zero(bytes)) return;
    const MemorySegment* segment = core.memory_map().find(PhysAddr(addr));
    const uint64_t place = offsets[static_cast<size_t>(segment - segments.data())];
    written =
        with_context(pwrite_all(fd, bytes, place + (PhysAddr(addr) - segment->range.begin)), "{}", name);
  });
  return written;
}

}  // namespace kdump::test
