// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/build/digest.h"

#include <openssl/evp.h>

#include <span>

#include "common/text.h"

namespace kdump::image {

Result<std::string> sha256(Bytes data) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  if (EVP_Digest(data.data(), data.size(), digest, &length, EVP_sha256(), nullptr) != 1)
    return fail("libcrypto cannot compute a SHA-256");
  return hexadecimal(std::as_bytes(std::span(digest, length)));
}

}  // namespace kdump::image
