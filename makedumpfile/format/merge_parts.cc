// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/format/merge_parts.h"

#include <algorithm>
#include <limits>

#include "common/layout/diskdump.h"
#include "makedumpfile/filter/dump_level.h"
#include "makedumpfile/format/forward_output.h"

namespace kdump {
namespace {

using Header = diskdump::DiskDumpHeader<Little>;
using SubHeader = diskdump::KdumpSubHeader<Little>;
using PageDesc = diskdump::PageDesc<Little>;

constexpr size_t kDescriptorsAtOnce = 8192;

// Where the data of a part lies there, and in the merged file.
struct PartData {
  bool has_zero_page = false;  // where all of them have it
  uint64_t begin = std::numeric_limits<uint64_t>::max();
  uint64_t end = 0;
  uint64_t target = 0;

  [[nodiscard]] uint64_t size() const { return end > begin ? end - begin : 0; }
};

class Merger {
 public:
  Merger(const SplitSet& set, RandomAccess& sink, const MergeProgress& progress)
      : set_(set), head_(set.parts().front()->headers()), progress_(progress), output_(sink) {
    for (const auto& part : set.parts()) page_count_ += part->page_count();
  }

  Result<uint64_t> merge() {
    TRY(check());
    data_.resize(set_.parts().size());
    TRY(find_zero_pages());
    TRY(place_data());
    output_.begin(0);
    TRY(copy_start());
    TRY(for_each_descriptor([this](size_t part, uint64_t /*index*/, const PageDescriptor& page) {
      return output_.put(bytes_of(moved(part, page)));
    }));
    if (shares_zero_page()) TRY(output_.put_zeros(head_.block_size));
    TRY(copy_data());
    TRY(copy_erase_info());
    TRY(output_.settle());
    return output_.end();
  }

 private:
  template <typename Visit>
  Status for_each_descriptor(const Visit& visit) {
    std::vector<PageDescriptor> pages(kDescriptorsAtOnce);
    for (size_t part = 0; part < set_.parts().size(); ++part) {
      const KdumpFile& file = *set_.parts()[part];
      for (uint64_t index = 0; index < file.page_count(); index += kDescriptorsAtOnce) {
        const auto batch =
            std::span(pages).first(std::min<uint64_t>(pages.size(), file.page_count() - index));
        TRY(read_descriptors(file, index, batch));
        for (size_t i = 0; i < batch.size(); ++i) TRY(visit(part, index + i, batch[i]));
      }
    }
    return {};
  }

  // A part that was given up may end anywhere: what is not there is lost.
  static Status read_descriptors(const KdumpFile& file, uint64_t index, std::span<PageDescriptor> out) {
    if (!file.headers().incomplete()) return file.read_descriptors(index, out);
    const uint64_t place = file.descriptor_offset(index), end = file.source().size();
    const uint64_t there = place > end ? 0 : std::min<uint64_t>(out.size(), (end - place) / sizeof(PageDesc));
    TRY(file.read_descriptors(index, out.first(there)));
    std::ranges::fill(out.subspan(there), PageDescriptor());
    for (size_t i = 0; i < there; ++i)
      if (!file.check_descriptor(index + i, out[i])) out[i] = PageDescriptor();
    return {};
  }

  Status check() const {
    if (!head_.big_endian) return {};
    return fail(ErrorKind::unsupported, "{}: is of a big-endian machine", set_.parts().front()->name());
  }

  // Writers put the shared zero page where the data of the whole dump would begin.
  [[nodiscard]] bool shares_zero_page() const { return (head_.dump_level & dump_level::kZero) != 0; }
  [[nodiscard]] uint64_t data_begin() const { return head_.descriptors + page_count_ * sizeof(PageDesc); }
  // What is damaged there is data like any other: the merged dump hides nothing.
  Status find_zero_pages() {
    if (!shares_zero_page()) return {};
    ByteVector page(head_.block_size);
    for (size_t i = 0; i < data_.size(); ++i) {
      const ByteSource& source = set_.parts()[i]->source();
      if (data_begin() > source.size() || page.size() > source.size() - data_begin()) continue;
      TRY(source.read(data_begin(), page));
      data_[i].has_zero_page = all_zero(page);
    }
    return {};
  }
  [[nodiscard]] bool is_zero_page(size_t part, const PageDescriptor& page) const {
    return data_[part].has_zero_page && page.offset == data_begin() && page.flags == 0 &&
           page.size == head_.block_size;
  }

  Status place_data() {
    const auto place = [this](size_t part, uint64_t index, const PageDescriptor& page) -> Status {
      TRY(set_.parts()[part]->check_descriptor(index, page));
      if (page.lost() || is_zero_page(part, page)) return {};
      data_[part].begin = std::min(data_[part].begin, page.offset);
      data_[part].end = std::max(data_[part].end, page.offset + page.size);
      return {};
    };
    TRY(for_each_descriptor(place));
    uint64_t next = data_begin() + (shares_zero_page() ? head_.block_size : 0);
    for (PartData& data : data_) {
      data.target = next;
      next += data.size();
    }
    data_end_ = next;
    return {};
  }

  [[nodiscard]] PageDesc moved(size_t part, const PageDescriptor& page) const {
    PageDesc desc{};
    if (page.lost()) return desc;
    const uint64_t offset =
        is_zero_page(part, page) ? page.offset : page.offset - data_[part].begin + data_[part].target;
    desc.offset = static_cast<int64_t>(offset);
    desc.size = page.size;
    desc.flags = page.flags;
    return desc;
  }

  Status copy(const ByteSource& source, uint64_t offset, uint64_t size) {
    ByteVector buffer(std::min<uint64_t>(size, ForwardOutput::kChunkBytes));
    while (size != 0) {
      const MutableBytes room = MutableBytes(buffer).first(std::min<uint64_t>(buffer.size(), size));
      TRY(source.read(offset, room));
      TRY(output_.put(room));
      offset += room.size();
      size -= room.size();
    }
    return {};
  }

  // Headers, notes and bitmaps of the first part, without what says that it is one; incomplete where a part
  // is.
  Status copy_start() {
    const ByteSource& source = set_.parts().front()->source();
    Header header{};
    TRY(source.read(0, mutable_bytes_of(header)));
    for (const auto& part : set_.parts()) header.status = header.status | part->headers().status;
    TRY(output_.put(bytes_of(header)));
    TRY(copy(source, sizeof header, head_.block_size - sizeof header));
    SubHeader sub{};
    TRY(source.read(head_.block_size, mutable_bytes_of(sub)));
    sub.split = 0;
    sub.start_pfn = sub.end_pfn = sub.start_pfn_64 = sub.end_pfn_64 = 0;
    if (erase_info_behind_data()) {
      sub.offset_eraseinfo = data_end_;
      sub.size_eraseinfo = erase_info_size();
    }
    TRY(output_.put(bytes_of(sub)));
    const uint64_t done = head_.block_size + sizeof sub;
    return copy(source, done, head_.descriptors - done);
  }

  Status copy_data() {
    for (size_t i = 0; i < data_.size(); ++i) {
      TRY(copy_pieces(set_.parts()[i]->source(), data_[i]));
    }
    return {};
  }

  Status copy_pieces(const ByteSource& source, const PartData& data) {
    for (uint64_t done = 0; done < data.size();) {
      const uint64_t piece = std::min<uint64_t>(data.size() - done, uint64_t{16} << 20);
      TRY(copy(source, data.begin + done, piece));
      done += piece;
      progress_(data.target + done - data_begin());
    }
    return {};
  }

  // Ours lies in the sub header's blocks and is the same in all parts; makedumpfile's is behind the pages,
  // and each part has that of its own pages.
  [[nodiscard]] bool erase_info_behind_data() const {
    return std::ranges::any_of(set_.parts(), [this](const auto& part) {
      const FileExtent& info = part->headers().eraseinfo;
      return info.size != 0 && info.offset >= head_.descriptors;
    });
  }
  [[nodiscard]] uint64_t erase_info_size() const {
    uint64_t size = 0;
    for (const auto& part : set_.parts()) size += part->headers().eraseinfo.size;
    return size;
  }
  Status copy_erase_info() {
    if (!erase_info_behind_data()) return {};
    for (const auto& part : set_.parts()) {
      const FileExtent& info = part->headers().eraseinfo;
      TRY(copy(part->source(), info.offset, info.size));
    }
    return {};
  }

  const SplitSet& set_;
  const KdumpHeaders& head_;
  const MergeProgress& progress_;
  ForwardOutput output_;
  uint64_t page_count_ = 0;
  uint64_t data_end_ = 0;  // in the merged file
  std::vector<PartData> data_;
};

}  // namespace

Result<uint64_t> merge_parts(const SplitSet& set, RandomAccess& sink, const MergeProgress& progress) {
  return Merger(set, sink, progress).merge();
}

}  // namespace kdump
