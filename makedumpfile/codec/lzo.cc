// SPDX-License-Identifier: GPL-2.0-or-later
#include <lzo/lzo1x.h>

#include "makedumpfile/codec/registry.h"

namespace kdump {
namespace {

class LzoCodec : public Codec {
 public:
  // LZO has no limit on its output: the worst case is what its documentation gives.
  [[nodiscard]] size_t bound(size_t page_size) const override { return page_size + page_size / 16 + 64 + 3; }

  size_t compress(Bytes page, MutableBytes out) override {
    lzo_uint size = 0;
    lzo1x_1_compress(reinterpret_cast<const unsigned char*>(page.data()), page.size(),
                     reinterpret_cast<unsigned char*>(out.data()), &size, memory_.get());
    return size < page.size() ? size : 0;
  }

  Status decompress(Bytes stored, MutableBytes page) override {
    lzo_uint size = page.size();
    const int code =
        lzo1x_decompress_safe(reinterpret_cast<const unsigned char*>(stored.data()), stored.size(),
                              reinterpret_cast<unsigned char*>(page.data()), &size, nullptr);
    if (code != LZO_E_OK || size != page.size()) return fail(ErrorKind::corrupt, "damaged LZO data");
    return {};
  }

 private:
  std::unique_ptr<std::byte[]> memory_ = std::make_unique<std::byte[]>(LZO1X_1_MEM_COMPRESS);
};

}  // namespace

std::unique_ptr<Codec> create_lzo_codec() { return std::make_unique<LzoCodec>(); }

}  // namespace kdump
