// SPDX-License-Identifier: GPL-2.0-or-later
// The logs of kernels before 5.10 in a fake kernel, written as those kernels write them
// (kernel/printk/printk.c of 5.9, kernel/printk.c of 3.4).
#pragma once

#include <deque>

#include "common/text.h"
#include "tests/unit/makedumpfile/support/fake_kernel.h"

namespace kdump::test {

class FakeOldLog {
 public:
  static constexpr uint64_t kVariables = 0x400000, kBuffer = 0x401000;

  FakeOldLog(FakeKernel& kernel, uint32_t size) : kernel_(&kernel), size_(size) {
    variable("log_buf", 0);
    kernel.vmcore().put_value<le64>(kVariables, FakeKernel::kImageBase + kBuffer);
    variable("log_buf_len", 1);
    set(1, size);
  }

  // A variable of 8 bytes in the given place.
  void variable(std::string_view name, uint64_t place) {
    kernel_->line(fmt::format("SYMBOL({})={:x}", name, FakeKernel::kImageBase + kVariables + place * 8));
  }
  void set(uint64_t place, uint32_t value) {
    kernel_->vmcore().put_value<le32>(kVariables + place * 8, value);
  }
  void put(uint64_t at, Bytes bytes) { kernel_->vmcore().put(kBuffer + at, bytes); }
  [[nodiscard]] uint32_t size() const { return size_; }
  FakeKernel& kernel() { return *kernel_; }

 private:
  FakeKernel* kernel_;
  uint32_t size_;
};

// 3.5 to 5.9.
class FakeRecordLog {
 public:
  struct Layout {
    std::string type = "printk_log";
    uint32_t size = 16;
    bool has_caller = false;  // in 4 more bytes
  };

  FakeRecordLog(FakeKernel& kernel, uint32_t size, Layout layout)
      : log_(kernel, size), layout_(std::move(layout)) {
    if (layout_.has_caller) layout_.size += 4;
    const auto member = [&](std::string_view name, uint32_t offset) {
      kernel.line(fmt::format("OFFSET({}.{})={}", layout_.type, name, offset));
    };
    kernel.line(fmt::format("SIZE({})={}", layout_.type, layout_.size));
    member("ts_nsec", 0);
    member("len", 8);
    member("text_len", 10);
    member("dict_len", 12);
    if (layout_.has_caller) member("caller_id", 16);
    log_.variable("log_first_idx", 2);
    log_.variable("log_next_idx", 3);
    log_.variable("clear_idx", 4);
    tell();
  }

  // log_store().
  void add(uint64_t ts_nsec, uint32_t caller, std::string_view text, std::string_view dict = {}) {
    const uint32_t bytes = layout_.size + static_cast<uint32_t>(text.size() + dict.size());
    const uint32_t size = (bytes + 3) / 4 * 4;
    while (!records_.empty() && !has_space(size)) drop_oldest();
    if (next_ + size + layout_.size > log_.size()) {
      log_.put(next_, ByteVector(layout_.size));
      next_ = 0;
    }
    const uint32_t at = next_;
    ByteVector record(layout_.size);
    for (const std::string_view part : {text, dict}) {
      const Bytes bytes_of_part = bytes_of(part);
      record.insert(record.end(), bytes_of_part.begin(), bytes_of_part.end());
    }
    record.resize(size);
    log_.put(at, record);
    put(at, 0, le64(ts_nsec));
    put(at, 8, le16(static_cast<uint16_t>(size)));
    put(at, 10, le16(static_cast<uint16_t>(text.size())));
    put(at, 12, le16(static_cast<uint16_t>(dict.size())));
    if (layout_.has_caller) put(at, 16, le32(caller));
    records_.push_back(at);
    next_ = at + size;
    tell();
  }
  void clear() {
    clear_ = next_;
    cleared_ = true;
    tell();
  }
  // Alters what is in the log's memory.
  template <typename T>
  void put(uint64_t record, uint64_t offset, T value) {
    log_.put(record + offset, bytes_of(value));
  }
  void set_indices(uint32_t first, uint32_t next) {
    log_.set(2, first);
    log_.set(3, next);
  }
  void set_size(uint32_t size) { log_.set(1, size); }
  [[nodiscard]] uint32_t record(size_t number) const { return records_.at(number); }

 private:
  [[nodiscard]] uint32_t first() const { return records_.empty() ? next_ : records_.front(); }
  [[nodiscard]] bool has_space(uint32_t size) const {
    const bool in_order = next_ > first() || records_.empty();
    const uint32_t free = in_order ? std::max(log_.size() - next_, first()) : first() - next_;
    return free >= size + layout_.size;
  }
  void drop_oldest() {
    if (cleared_ && clear_ == records_.front() && records_.size() > 1) clear_ = records_[1];
    records_.pop_front();
  }
  void tell() {
    set_indices(first(), next_);
    log_.set(4, cleared_ ? clear_ : first());
  }

  FakeOldLog log_;
  Layout layout_;
  std::deque<uint32_t> records_;
  uint32_t next_ = 0, clear_ = 0;
  bool cleared_ = false;
};

// Before 3.5.
class FakeFlatLog {
 public:
  FakeFlatLog(FakeKernel& kernel, uint32_t size) : log_(kernel, size) {
    log_.variable("log_end", 2);
    log_.variable("logged_chars", 3);
    tell();
  }

  // emit_log_char() for each.
  void add(std::string_view text) {
    for (const char c : text) {
      log_.put(end_++ & (log_.size() - 1), bytes_of(c));
      if (logged_ < log_.size()) ++logged_;
    }
    tell();
  }
  void clear() {
    logged_ = 0;
    tell();
  }
  void set_size(uint32_t size) { log_.set(1, size); }
  void set_end(uint32_t end) { log_.set(2, end); }

 private:
  void tell() {
    log_.set(2, end_);
    log_.set(3, logged_);
  }

  FakeOldLog log_;
  uint32_t end_ = 0, logged_ = 0;
};

}  // namespace kdump::test
