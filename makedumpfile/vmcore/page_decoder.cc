// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/vmcore/page_decoder.h"

#include <cstring>

namespace kdump {
namespace {

constexpr uint64_t kMostAtOnce = uint64_t{1} << 20;  // bytes

// How many of `pages` have their data in one stretch of the file.
size_t run_length(std::span<const PageDescriptor> pages) {
  uint64_t end = pages[0].offset + pages[0].size;
  size_t length = 1;
  while (length < pages.size() && pages[length].offset == end &&
         end + pages[length].size - pages[0].offset <= kMostAtOnce) {
    end += pages[length].size;
    ++length;
  }
  return length;
}

}  // namespace

Status PageScratch::decode(uint32_t flags, Bytes stored, MutableBytes page) {
  const CodecRow* row = codec_of_flags(flags);
  if (row == nullptr) return fail(ErrorKind::corrupt, "flags {:#x} name no compression", flags);
  const auto index = static_cast<size_t>(row - codec_rows().data());
  if (codecs_.size() <= index) codecs_.resize(codec_rows().size());
  std::unique_ptr<Codec>& codec = codecs_[index];
  if (!codec) codec = row->create();
  return codec->decompress(stored, page);
}

MutableBytes PageScratch::buffer(size_t size) {
  if (buffer_.size() < size) buffer_.resize(size);
  return MutableBytes(buffer_).first(size);
}

Status PageDecoder::decode(std::span<const PageDescriptor> pages, MutableBytes out) const {
  std::unique_ptr<PageScratch> scratch = borrow();
  Status decoded;
  while (!pages.empty() && decoded) {
    const size_t run = run_length(pages);
    decoded = decode_run(*scratch, pages.first(run), out.first(run * page_size_));
    size_t done = run;
    // Zero pages share their data.
    const Bytes last = out.subspan((run - 1) * page_size_, page_size_);
    for (; done < pages.size() && pages[done].offset == pages[run - 1].offset; ++done)
      std::memcpy(out.data() + done * page_size_, last.data(), page_size_);
    pages = pages.subspan(done);
    out = out.subspan(done * page_size_);
  }
  give_back(std::move(scratch));
  return decoded;
}

Status PageDecoder::decode_run(PageScratch& scratch, std::span<const PageDescriptor> run,
                               MutableBytes out) const {
  const uint64_t begin = run.front().offset;
  const MutableBytes data = scratch.buffer(run.back().offset + run.back().size - begin);
  TRY(source_->read(begin, data));
  for (const PageDescriptor& page : run) {
    const Bytes stored = data.subspan(page.offset - begin, page.size);
    TRY(with_context(scratch.decode(page.flags, stored, out.first(page_size_)), "{}: offset {:#x}: page data",
                     source_->name(), page.offset));
    out = out.subspan(page_size_);
  }
  return {};
}

std::unique_ptr<PageScratch> PageDecoder::borrow() const {
  const std::scoped_lock lock(mutex_);
  if (idle_.empty()) return std::make_unique<PageScratch>();
  std::unique_ptr<PageScratch> scratch = std::move(idle_.back());
  idle_.pop_back();
  return scratch;
}

void PageDecoder::give_back(std::unique_ptr<PageScratch> scratch) const {
  const std::scoped_lock lock(mutex_);
  idle_.push_back(std::move(scratch));
}

}  // namespace kdump
