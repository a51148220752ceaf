// SignedList: what a signer has signed, on the disk before anybody gets the signature. A nonce of an address stands for
// one transaction for ever: never two different ones with the same, nor a lower one later. A line a transaction, with
// a checksum; a last line that was not written whole was never answered and is cut; anything else that is damaged is
// refused. One process at a time (the file is locked), one thread. Throws std::runtime_error with a text.
//
// The file belongs to the keys: a signer that begins with an older copy of it, or without, forgets what it promised.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/descriptor.h"
#include "base/sha256.h"

namespace dcx::app {

class SignedList {
  public:
    // Made when there is none (0600).
    explicit SignedList(const std::string& path);

    struct Line {
        std::string address;
        std::uint64_t nonce{};
        Digest hash{};
        std::int64_t amount{};  // that leaves us; 0: it stays among our addresses
        std::int64_t day{};     // since 1970, by the signer's clock
    };
    // Empty: it may be signed, or was already. Else why not.
    [[nodiscard]] std::string refusal(const Line& line) const;
    // Of the amounts of a day.
    [[nodiscard]] std::int64_t sum_of(std::int64_t day) const;
    // It was signed before: it does not count again.
    [[nodiscard]] bool contains(const Line& line) const;
    // Synced when it returns. One that is there already is not written again.
    void add(const Line& line);

  private:
    void read(const std::string& path);
    void remember(const Line& line);

    std::string path_;
    Descriptor file_;
    struct Last {
        std::uint64_t nonce{};
        Digest hash{};
    };
    std::map<std::string, Last> last_;  // by address
    std::map<std::int64_t, std::int64_t> days_;
    bool broken_ = false;  // a write failed: what is on the disk is not known
};

}  // namespace dcx::app
