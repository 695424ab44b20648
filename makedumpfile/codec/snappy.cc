// SPDX-License-Identifier: GPL-2.0-or-later
#include <snappy-c.h>

#include "makedumpfile/codec/registry.h"

namespace kdump {
namespace {

class SnappyCodec : public Codec {
 public:
  [[nodiscard]] size_t bound(size_t page_size) const override {
    return snappy_max_compressed_length(page_size);
  }

  size_t compress(Bytes page, MutableBytes out) override {
    size_t size = out.size();
    const auto code = snappy_compress(reinterpret_cast<const char*>(page.data()), page.size(),
                                      reinterpret_cast<char*>(out.data()), &size);
    return code == SNAPPY_OK && size < page.size() ? size : 0;
  }

  Status decompress(Bytes stored, MutableBytes page) override {
    const char* data = reinterpret_cast<const char*>(stored.data());
    size_t size = 0;
    // The size comes first: snappy writes as many bytes as the data says.
    if (snappy_uncompressed_length(data, stored.size(), &size) != SNAPPY_OK || size != page.size() ||
        snappy_uncompress(data, stored.size(), reinterpret_cast<char*>(page.data()), &size) != SNAPPY_OK) {
      return fail(ErrorKind::corrupt, "damaged snappy data");
    }
    return {};
  }
};

}  // namespace

std::unique_ptr<Codec> create_snappy_codec() { return std::make_unique<SnappyCodec>(); }

}  // namespace kdump
