// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "makedumpfile/codec/registry.h"

namespace kdump {
namespace {

class NoneCodec : public Codec {
 public:
  [[nodiscard]] size_t bound(size_t /*page_size*/) const override { return 0; }
  size_t compress(Bytes /*page*/, MutableBytes /*out*/) override { return 0; }

  Status decompress(Bytes stored, MutableBytes page) override {
    if (stored.size() != page.size()) {
      return fail(ErrorKind::corrupt, "raw page of {} bytes, expected {}", stored.size(), page.size());
    }
    std::ranges::copy(stored, page.begin());
    return {};
  }
};

}  // namespace

std::unique_ptr<Codec> create_none_codec() { return std::make_unique<NoneCodec>(); }

}  // namespace kdump
