// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/kernel/vmcoreinfo_search.h"

#include <algorithm>
#include <array>
#include <vector>

#include "common/layout/elf.h"
#include "makedumpfile/arch/address_space.h"
#include "makedumpfile/arch/architecture.h"

namespace kdump {
namespace {

constexpr unsigned kPageShift = 12;  // a larger page begins where one of these does
constexpr uint64_t kPagesAtOnce = uint64_t{1} << 18;
constexpr uint64_t kMostPages = uint64_t{1} << 36;       // 256 TiB; who claims more is not to be searched
constexpr uint64_t kMostUnreadable = uint64_t{1} << 16;  // pages; a dump that is cut off has more
constexpr uint32_t kMaxText = 1U << 16;                  // bytes; kernels have one page of it
constexpr std::array<char, 12> kName = {'V', 'M', 'C', 'O', 'R', 'E', 'I', 'N', 'F', 'O', '\0', '\0'};

// How a page begins that holds the note.
struct NoteStart {
  elf::Nhdr<Little> header;
  std::array<char, kName.size()> name{};
};
static_assert(sizeof(NoteStart) == 24);

// A reference counter and struct new_utsname (include/linux/utsname.h).
using UtsNamespaceStart = std::array<char, 16 + sizeof(diskdump::UtsName)>;

// The text of a note at `place`, empty where there is none.
std::string text_at(const Vmcore& vmcore, PhysAddr place, const NoteStart& start) {
  const bool is_one = start.name == kName && start.header.n_namesz == kName.size() - 1 &&
                      start.header.n_type == 0 && start.header.n_descsz <= kMaxText;
  if (!is_one) return {};
  std::string text(start.header.n_descsz, '\0');
  if (!vmcore.read(place + sizeof start, std::as_writable_bytes(std::span(text)))) return {};
  return text.substr(0, text.find('\0'));
}

// Whether the kernel that the lines tell of is the one in this memory.
bool describe_kernel_of(const Vmcoreinfo& lines, const Vmcore& vmcore, const Architecture& architecture) {
  const auto table = architecture.page_table(lines);
  const auto place = lines.symbol("init_uts_ns");
  const auto release = lines.text("OSRELEASE");
  if (!table || !place || !release || release->empty()) return false;
  // Before 5.11 no line tells where in the struct the name is.
  const auto start = VirtualReader(vmcore, *table).read_value<UtsNamespaceStart>(VirtAddr(*place));
  // Each of its names is in an array that it does not fill.
  return start && text_of(bytes_of(*start)).contains('\0' + std::string(*release) + '\0');
}

class Search {
 public:
  Search(const Vmcore& vmcore, const Architecture& architecture)
      : vmcore_(vmcore), architecture_(architecture) {}

  Result<std::vector<FoundVmcoreinfo>> run() {
    if (vmcore_.memory_map().max_pfn(kPageShift).value() > kMostPages) return std::move(found_);
    for (const PfnRange& range : vmcore_.memory_map().pages(kPageShift))
      for (Pfn at = range.begin; at < range.end && unreadable_ < kMostUnreadable; at += kPagesAtOnce)
        TRY(look_through({at, std::min(at + kPagesAtOnce, range.end)}));
    return std::move(found_);
  }

 private:
  // What an earlier filter left out is not asked for page by page.
  Status look_through(PfnRange window) {
    Pfn next = window.begin;
    for (const PfnRange& gap : TRY(excluded(window))) {
      look_at({next, gap.begin});
      next = gap.end;
    }
    look_at({next, window.end});
    return {};
  }

  Result<std::vector<PfnRange>> excluded(PfnRange window) const {
    const EarlierDump* earlier = vmcore_.earlier();
    const bool other_pages = earlier != nullptr && earlier->page_size != uint64_t{1} << kPageShift;
    return other_pages ? std::vector<PfnRange>() : TRY(vmcore_.excluded_earlier(window, kPageShift));
  }

  void look_at(PfnRange pages) {
    for (Pfn pfn = pages.begin; pfn < pages.end && unreadable_ < kMostUnreadable; ++pfn) {
      const PhysAddr place(pfn.value() << kPageShift);
      NoteStart start{};
      if (!vmcore_.read(place, mutable_bytes_of(start))) {
        ++unreadable_;
      } else if (std::string text = text_at(vmcore_, place, start); !text.empty()) {
        take({place, std::move(text)});
      }
    }
  }

  // A copy of one that is there tells nothing new.
  void take(FoundVmcoreinfo note) {
    if (std::ranges::find(found_, note.text, &FoundVmcoreinfo::text) != found_.end()) return;
    if (describe_kernel_of(Vmcoreinfo(note.text), vmcore_, architecture_)) found_.push_back(std::move(note));
  }

  const Vmcore& vmcore_;
  const Architecture& architecture_;
  std::vector<FoundVmcoreinfo> found_;
  uint64_t unreadable_ = 0;
};

// A dump, with a note that it did not have.
class NotedVmcore final : public Vmcore {
 public:
  NotedVmcore(std::unique_ptr<Vmcore> vmcore, std::string_view vmcoreinfo) : vmcore_(std::move(vmcore)) {
    const Bytes own = vmcore_->notes().raw();
    ByteVector raw = vmcoreinfo_note(bytes_of(vmcoreinfo), false);
    raw.insert(raw.end(), own.begin(), own.end());
    notes_ = Notes::parse(std::move(raw), false, name() + ": notes");
  }

  [[nodiscard]] const std::string& name() const override { return vmcore_->name(); }
  [[nodiscard]] uint16_t machine() const override { return vmcore_->machine(); }
  [[nodiscard]] const MemoryMap& memory_map() const override { return vmcore_->memory_map(); }
  [[nodiscard]] const Notes& notes() const override { return notes_; }
  [[nodiscard]] std::string_view erase_info() const override { return vmcore_->erase_info(); }
  [[nodiscard]] std::span<const VirtualSegment> virtual_segments() const override {
    return vmcore_->virtual_segments();
  }
  [[nodiscard]] const EarlierDump* earlier() const override { return vmcore_->earlier(); }
  [[nodiscard]] Result<std::vector<PfnRange>> excluded_earlier(PfnRange window,
                                                               unsigned page_shift) const override {
    return vmcore_->excluded_earlier(window, page_shift);
  }
  Status read(PhysAddr addr, MutableBytes out) const override { return vmcore_->read(addr, out); }

 private:
  std::unique_ptr<Vmcore> vmcore_;
  Notes notes_;
};

}  // namespace

Result<std::optional<FoundVmcoreinfo>> search_vmcoreinfo(const Vmcore& vmcore) {
  const auto architecture = find_architecture(vmcore.machine());
  if (!architecture) return std::nullopt;
  std::vector<FoundVmcoreinfo> found = TRY(Search(vmcore, **architecture).run());
  if (found.empty()) return std::nullopt;
  if (found.size() == 1) return std::move(found.front());
  std::string places;
  for (const FoundVmcoreinfo& note : found)
    places += fmt::format("{}{:#x}", places.empty() ? "" : ", ", note.place.value());
  std::erase_if(found, [](const FoundVmcoreinfo& note) { return !Vmcoreinfo(note.text).text("CRASHTIME"); });
  if (found.size() == 1) return std::move(found.front());
  return fail(ErrorKind::unsupported,
              "{}: VMCOREINFO of several kernels in its memory (at {}), and nothing tells which of them is "
              "meant: levels 0 and 1 need none",
              vmcore.name(), places);
}

std::unique_ptr<Vmcore> with_vmcoreinfo(std::unique_ptr<Vmcore> vmcore,
                                        const std::function<void(std::string_view)>& tell) {
  if (!vmcore->notes().vmcoreinfo().empty()) return vmcore;
  const auto say = [&tell](std::string_view text) {
    if (tell) tell(text);
  };
  const auto found = search_vmcoreinfo(*vmcore);
  if (!found) say(found.error().message());
  if (!found || !*found) return vmcore;
  const FoundVmcoreinfo& note = **found;
  say(fmt::format("{}: VMCOREINFO is taken from its memory, at {:#x}: its notes have none", vmcore->name(),
                  note.place.value()));
  return std::make_unique<NotedVmcore>(std::move(vmcore), note.text);
}

}  // namespace kdump
