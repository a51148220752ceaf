#include "proof/random_places.h"

#include <openssl/evp.h>

#include <algorithm>
#include <bit>

#include "base/check.h"

namespace dcx::proof {

RandomPlaces::RandomPlaces(const Secret& key, unsigned bits)
    : cipher_(EVP_CIPHER_CTX_new()),
      mask_(static_cast<std::uint32_t>((std::uint64_t{1} << bits) - 1)),
      left_(std::uint64_t{1} << bits),
      taken_(std::max<std::size_t>((std::uint64_t{1} << bits) / 64, 1)) {
    DCX_CHECK(bits <= 32);
    const std::array<unsigned char, 16> counter{};
    DCX_CHECK(cipher_ != nullptr &&
              EVP_EncryptInit_ex(static_cast<EVP_CIPHER_CTX*>(cipher_), EVP_aes_256_ctr(), nullptr,
                                 reinterpret_cast<const unsigned char*>(key.data()), counter.data()) == 1);
}

RandomPlaces::~RandomPlaces() { EVP_CIPHER_CTX_free(static_cast<EVP_CIPHER_CTX*>(cipher_)); }

void RandomPlaces::refill() {
    static constexpr std::array<unsigned char, sizeof stream_> zeros{};
    int written = 0;
    DCX_CHECK(EVP_EncryptUpdate(static_cast<EVP_CIPHER_CTX*>(cipher_), reinterpret_cast<unsigned char*>(stream_.data()),
                                &written, zeros.data(), static_cast<int>(zeros.size())) == 1 &&
              written == static_cast<int>(zeros.size()));
    next_ = 0;
}

std::uint32_t RandomPlaces::draw() {
    DCX_CHECK(left_ != 0);
    --left_;
    for (;;) {
        if (next_ == stream_.size()) refill();
        const std::uint32_t place = stream_[next_++] & mask_;
        std::uint64_t& word = taken_[place / 64];
        const std::uint64_t bit = std::uint64_t{1} << (place % 64);
        if ((word & bit) == 0) return word |= bit, place;
    }
}

std::vector<std::uint32_t> RandomPlaces::sorted() const {
    std::vector<std::uint32_t> places;
    places.reserve((std::uint64_t{mask_} + 1) - left_);
    for (std::size_t i = 0; i < taken_.size(); ++i)
        for (std::uint64_t word = taken_[i]; word != 0; word &= word - 1)
            places.push_back(static_cast<std::uint32_t>(i * 64) + static_cast<std::uint32_t>(std::countr_zero(word)));
    return places;
}

PlaceRanks::PlaceRanks(const RandomPlaces& places) : taken_(places.taken()) {
    before_.reserve(taken_.size());
    std::uint32_t count = 0;
    for (const std::uint64_t word : taken_) {
        before_.push_back(count);
        count += static_cast<std::uint32_t>(std::popcount(word));
    }
}

std::size_t PlaceRanks::of(std::uint32_t place) const {
    const std::uint64_t below = taken_[place / 64] & ((std::uint64_t{1} << (place % 64)) - 1);
    return before_[place / 64] + static_cast<std::size_t>(std::popcount(below));
}

}  // namespace dcx::proof
