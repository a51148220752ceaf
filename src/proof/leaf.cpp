#include "proof/leaf.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "proof/quick_sha256.h"

namespace dcx::proof {
namespace {

template <std::size_t N, class T>
void put(std::array<std::byte, N>& bytes, std::size_t at, const T& value) {
    std::memcpy(bytes.data() + at, &value, sizeof value);
}

}  // namespace

Secret epoch_secret(const Secret& salt_key, std::uint64_t epoch) {
    constexpr std::string_view name = "dcx salts of epoch";
    std::array<std::byte, name.size() + 8> message;
    std::memcpy(message.data(), name.data(), name.size());
    put(message, name.size(), epoch);
    return KeyedHmac(salt_key).of(message);
}

Salt salt_of(const Secret& epoch_secret, Sequence sequence, std::uint32_t number) {
    std::array<std::byte, 12> message;
    put(message, 0, sequence.value);
    put(message, 8, number / 2);
    const Digest pair = KeyedHmac(epoch_secret).of(message);
    Salt salt;
    std::copy_n(pair.begin() + (number % 2) * salt.size(), salt.size(), salt.begin());
    return salt;
}

Digest commitment(const Salt& salt, const Command& command) {
    Command logged = command;
    logged.header.flags = 0;  // what a replay marks is not in the log
    std::array<std::byte, sizeof(Salt) + sizeof(Command)> bytes;
    put(bytes, 0, salt);
    put(bytes, salt.size(), logged);
    return QuickSha256::of(bytes);
}

Digest commitment(const Salt& salt, const Event& event) {
    std::array<std::byte, sizeof(Salt) + sizeof(Event) - kEventPrivateFrom> bytes;
    put(bytes, 0, salt);
    std::memcpy(bytes.data() + salt.size(), std::as_bytes(std::span{&event, 1}).data() + kEventPrivateFrom,
                sizeof(Event) - kEventPrivateFrom);
    return QuickSha256::of(bytes);
}

CommandEntry command_entry(const CommandHeader& header, const MatchDigest& records, const Digest& commitment) {
    CommandEntry entry;
    put(entry, 0, header.sequence.value);
    put(entry, 8, header.time.value);
    put(entry, 16, records.records);
    put(entry, 20, records.hash);
    put(entry, 52, commitment);
    return entry;
}

EventEntry event_entry(const EventHeader& header, const Digest& commitment) {
    EventEntry entry;
    put(entry, 0, header.sequence.value);
    put(entry, 8, header.index);
    put(entry, 12, commitment);
    return entry;
}

}  // namespace dcx::proof
