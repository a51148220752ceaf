// The leaves of commands and their events, and the trees over them, beside OpenSSL's SHA-256 on the same messages: by
// EVP as its manual has it (one context kept, the algorithm fetched once), nothing kept between two messages but the
// context. Also a batch's hash in the journal's chain beside EVP on its bytes.
#include <benchmark/benchmark.h>
#include <openssl/evp.h>

#include <stdexcept>
#include <vector>

#include "base/random.h"
#include "journal/format.h"
#include "proof/leaf_hasher.h"
#include "proof/tree_levels.h"

namespace {

using namespace dcx;
using namespace dcx::proof;

constexpr std::size_t commands = 4096;
constexpr std::size_t events_each = 2;  // about what an order that trades now and then makes

struct Record {
    std::vector<Command> commands_made;
    std::vector<Event> events;
    Record() {
        Random random{10};
        for (std::uint64_t i = 1; i <= commands; ++i) {
            Command command;
            for (std::byte& b : command.body) b = static_cast<std::byte>(random.below(256));
            command.header.sequence = Sequence{i};
            command.header.kind = CommandKind::place_order;
            commands_made.push_back(command);
            for (std::uint32_t n = 0; n < events_each; ++n) {
                Event event;
                for (std::byte& b : event.body) b = static_cast<std::byte>(random.below(256));
                event.header.sequence = Sequence{i};
                event.header.index = n;
                events.push_back(event);
            }
        }
    }
};

const Record& record() {
    static const Record made;
    return made;
}

void leaves_and_trees(benchmark::State& state) {
    const Record& r = record();
    LeafHasher hasher(Secret{std::byte{1}}, 0);
    std::vector<Digest> leaves(events_each);
    for (auto _ : state) {
        TreeLevels command_tree;
        TreeLevels event_tree;
        const auto nothing = [](unsigned, const Digest&) {};
        for (std::size_t i = 0; i < commands; ++i) {
            const auto events = std::span{r.events}.subspan(i * events_each, events_each);
            command_tree.append(hasher.leaves(r.commands_made[i], {}, events, leaves), nothing);
            for (const Digest& leaf : leaves) event_tree.append(leaf, nothing);
        }
        benchmark::DoNotOptimize(command_tree.root());
        benchmark::DoNotOptimize(event_tree.root());
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(commands));
}

class Evp {
  public:
    Evp() : sha256_(EVP_MD_fetch(nullptr, "SHA256", nullptr)), context_(EVP_MD_CTX_new()) {
        if (sha256_ == nullptr || context_ == nullptr) throw std::runtime_error("OpenSSL has no SHA-256");
    }
    ~Evp() {
        EVP_MD_CTX_free(context_);
        EVP_MD_free(sha256_);
    }
    void hash(const void* bytes, std::size_t size) {
        unsigned char digest[32];
        unsigned written = 0;
        if (EVP_DigestInit_ex2(context_, sha256_, nullptr) != 1 || EVP_DigestUpdate(context_, bytes, size) != 1 ||
            EVP_DigestFinal_ex(context_, digest, &written) != 1)
            throw std::runtime_error("EVP");
        benchmark::DoNotOptimize(digest);
    }

  private:
    EVP_MD* sha256_;
    EVP_MD_CTX* context_;
};

// The commitments, leaves and nodes of as many commands and events; the HMACs of the salts are not among them.
void openssl_evp(benchmark::State& state) {
    const Record& r = record();
    const auto* bytes = reinterpret_cast<const unsigned char*>(r.events.data());
    Evp evp;
    for (auto _ : state)
        for (std::size_t i = 0; i < commands; ++i) {
            const unsigned char* at = bytes + i * events_each * sizeof(Event);
            evp.hash(at, sizeof(Salt) + sizeof(Command));
            evp.hash(at, 1 + kCommandEntrySize);
            evp.hash(at, 65);
            for (std::size_t n = 0; n < events_each; ++n) {
                evp.hash(at, sizeof(Salt) + sizeof(Event) - kEventPrivateFrom);
                evp.hash(at, 1 + kEventEntrySize);
                evp.hash(at, 65);
            }
        }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(commands));
}

constexpr std::size_t batch_commands = 64;

void batch_hash(benchmark::State& state) {
    const auto batch = std::span{record().commands_made}.first(batch_commands);
    const journal::BatchHeader header{};
    Sha256 hash;
    for (auto _ : state) benchmark::DoNotOptimize(journal::batch_hash(hash, header, std::as_bytes(batch)));
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(sizeof header + batch.size_bytes()));
}

void batch_openssl_evp(benchmark::State& state) {
    Evp evp;
    constexpr std::size_t size = sizeof(journal::BatchHeader) + batch_commands * sizeof(Command);
    for (auto _ : state) evp.hash(record().commands_made.data(), size);
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(size));
}

BENCHMARK(leaves_and_trees)->Unit(benchmark::kMicrosecond);
BENCHMARK(openssl_evp)->Unit(benchmark::kMicrosecond);
BENCHMARK(batch_hash);
BENCHMARK(batch_openssl_evp);

}  // namespace
