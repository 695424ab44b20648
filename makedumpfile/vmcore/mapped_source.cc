// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/vmcore/mapped_source.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>

namespace kdump {
namespace {

// After so many refusals the kernel is not asked again.
constexpr unsigned kPatience = 16;

}  // namespace

class MappedSource::Window {
 public:
  Window(uint64_t index, const void* address, size_t size)
      : index_(index), bytes_(static_cast<const std::byte*>(address), size) {}
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;
  ~Window() { munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size()); }

  [[nodiscard]] uint64_t index() const { return index_; }
  [[nodiscard]] Bytes bytes() const { return bytes_; }

 private:
  uint64_t index_;
  Bytes bytes_;
};

Status MappedSource::read(uint64_t offset, MutableBytes out) const {
  while (!out.empty()) {
    const uint64_t inside = offset % kWindowSize;
    const size_t step = std::min<uint64_t>(out.size(), kWindowSize - inside);
    const Shared mapped = offset < size() ? window(offset / kWindowSize) : nullptr;
    if (mapped && inside + step <= mapped->bytes().size()) {
      std::memcpy(out.data(), mapped->bytes().data() + inside, step);
    } else {
      TRY(file_.read(offset, out.first(step)));
    }
    out = out.subspan(step);
    offset += step;
  }
  return {};
}

MappedSource::Shared MappedSource::window(uint64_t index) const {
  const std::scoped_lock lock(mutex_);
  Shared found = find_window(index);
  if (!found) found = map_window(index);
  return found;
}

MappedSource::Shared MappedSource::find_window(uint64_t index) const {
  const auto hit = std::ranges::find_if(recent_, [&](const Shared& w) { return w && w->index() == index; });
  if (hit == recent_.end()) return nullptr;
  std::rotate(recent_.begin(), hit, hit + 1);
  return recent_.front();
}

MappedSource::Shared MappedSource::map_window(uint64_t index) const {
  if (refused_ >= kPatience) return nullptr;
  const uint64_t offset = index * kWindowSize;
  const size_t size = std::min<uint64_t>(kWindowSize, file_.size() - offset);
  void* address = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file_.fd(), static_cast<off_t>(offset));
  if (address == MAP_FAILED) {
    ++refused_;
    return nullptr;
  }
  std::ranges::rotate(recent_, recent_.end() - 1);
  recent_.front() = std::make_shared<const Window>(index, address, size);
  return recent_.front();
}

}  // namespace kdump
