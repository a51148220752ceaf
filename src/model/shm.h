// How a client of this machine and the venue agree on shared memory for order entry, over a unix socket
// (SOCK_SEQPACKET). docs/protocols/order-entry.md, "Shared memory", tells the whole story; these are its bytes.
//
//   client                          venue
//     ShmRequest      ---------->
//     <----------------  ShmAnswer, and if admitted one byte with the memory's descriptor (SCM_RIGHTS)
//     from here on frames go through the two rings of records in that memory (ring/shared_ring.h), and on the socket
//     one byte says "look into your ring"; a longer message from the venue is a frame that found no room in the ring
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "model/layout.h"

namespace dcx {

// "DCXSHMEM" as bytes.
inline constexpr std::uint64_t kShmMagic = 0x4D45'4D48'5358'4344;
inline constexpr std::uint32_t kShmVersion = 1;
// More than any venue gives: what a client maps at most.
inline constexpr std::size_t kShmMemoryMax = std::size_t{256} << 20;
// What wakes the other side: any single byte does.
inline constexpr std::byte kShmLook{1};

// Why a client was not admitted. Numbers are given once and never reused.
enum class ShmCode : std::uint16_t {
    admitted = 0,
    malformed = 1,         // no ShmRequest
    other_version = 2,     // the answer names the venue's
    not_allowed = 3,       // the user of the client's process
    too_many_clients = 4,  // shm.max_clients
    no_memory = 5,         // the system gave the venue none
    timeout = 6,           // no ShmRequest in time
    shutdown = 7,          // the venue shuts down
};
[[nodiscard]] std::string_view to_string(ShmCode code);

struct ShmRequest {
    std::uint64_t magic = kShmMagic;
    std::uint32_t version = kShmVersion;
    std::uint32_t zero{};
};
static_assert(FixedLayout<ShmRequest> && sizeof(ShmRequest) == 16);

// One ring in the memory: it begins with its header.
struct ShmRing {
    std::uint64_t offset{};
    std::uint64_t bytes{};
};

struct ShmAnswer {
    std::uint64_t magic = kShmMagic;
    std::uint32_t version = kShmVersion;
    ShmCode code{};
    std::uint16_t zero{};
    std::uint64_t memory_bytes{};
    ShmRing requests{};  // client to venue
    ShmRing reports{};   // venue to client
};
static_assert(FixedLayout<ShmAnswer> && sizeof(ShmAnswer) == 56);

}  // namespace dcx
