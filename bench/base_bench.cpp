// What the building blocks cost: checksums and hashes per byte, signatures per piece.
#include <benchmark/benchmark.h>

#include <vector>

#include "base/crc32c.h"
#include "base/ed25519.h"
#include "base/sha256.h"

namespace {

void set_bytes(benchmark::State& state) { state.SetBytesProcessed(state.iterations() * state.range(0)); }

void crc32c(benchmark::State& state) {
    const std::vector<std::byte> bytes(static_cast<std::size_t>(state.range(0)), std::byte{7});
    for (auto _ : state) benchmark::DoNotOptimize(dcx::crc32c(bytes));
    set_bytes(state);
}
BENCHMARK(crc32c)->Arg(128)->Arg(65536);

// The twin without the instruction, in the same run: the ratio is what the instruction is worth.
void crc32c_portable(benchmark::State& state) {
    const std::vector<std::byte> bytes(static_cast<std::size_t>(state.range(0)), std::byte{7});
    for (auto _ : state) benchmark::DoNotOptimize(dcx::crc32c_portable(bytes));
    set_bytes(state);
}
BENCHMARK(crc32c_portable)->Arg(65536);

void sha256(benchmark::State& state) {
    const std::vector<std::byte> bytes(static_cast<std::size_t>(state.range(0)), std::byte{7});
    dcx::Sha256 hash;
    for (auto _ : state) {
        hash.update(bytes);
        benchmark::DoNotOptimize(hash.finish());
    }
    set_bytes(state);
}
BENCHMARK(sha256)->Arg(128)->Arg(65536);

void ed25519_verify(benchmark::State& state) {
    const dcx::Ed25519Seed seed{};
    const std::vector<std::byte> message(100, std::byte{7});
    const auto key = dcx::ed25519_public_key(seed);
    const auto signature = dcx::ed25519_sign(seed, message);
    for (auto _ : state) benchmark::DoNotOptimize(dcx::ed25519_verify(key, message, signature));
}
BENCHMARK(ed25519_verify);

}  // namespace
