#include "core/image.h"

#include <initializer_list>
#include <type_traits>

#include "base/byte_stream.h"
#include "core/core.h"
#include "core/state.h"

namespace dcx::core {
namespace {

// Raised when the order or the meaning of what is visited changes.
constexpr std::uint64_t kImageVersion = 3;

template <class T>
std::span<const std::byte> bytes_of(const T& value) {
    static_assert(std::is_trivially_copyable_v<T> && !std::is_pointer_v<T>);
    return std::as_bytes(std::span{&value, 1});
}

class Saver {
  public:
    explicit Saver(ByteSink& sink) : sink_(sink) {}

    template <class... T>
    void values(const T&... value) {
        (sink_.put(bytes_of(value)), ...);
    }
    template <class T>
    void range(std::span<T> pool, std::size_t begin, std::size_t count) {
        sink_.put(std::as_bytes(pool.subspan(begin, count)));
    }
    // The elements 0 .. used + base - 1 of a pool whose first is `base`.
    template <class T, class Count>
    void prefix(std::span<T> pool, const Count& used, std::size_t base) {
        values(used);
        range(pool, 0, pool.empty() ? 0 : used + base);
    }
    template <class... Part>
    void parts(const Part&... part) {
        (Part::visit(*this, part), ...);
    }

  private:
    ByteSink& sink_;
};

// Whatever the bytes say, nothing is written outside of the pools.
class Loader {
  public:
    explicit Loader(ByteSource& source) : source_(source) {}

    template <class... T>
    void values(T&... value) {
        (get(std::as_writable_bytes(std::span{&value, 1})), ...);
    }
    template <class T>
    void range(std::span<T> pool, std::size_t begin, std::size_t count) {
        if (begin > pool.size() || count > pool.size() - begin) good_ = false;
        if (good_) get(std::as_writable_bytes(pool.subspan(begin, count)));
    }
    template <class T, class Count>
    void prefix(std::span<T> pool, Count& used, std::size_t base) {
        values(used);
        range(pool, 0, pool.empty() ? 0 : std::size_t{used} + base);
    }
    template <class... Part>
    void parts(Part&... part) {
        (Part::visit(*this, part), ...);
    }
    [[nodiscard]] bool good() const { return good_; }

  private:
    void get(std::span<std::byte> bytes) {
        if (good_) good_ = source_.get(bytes);
    }

    ByteSource& source_;
    bool good_ = true;
};

}  // namespace

std::uint64_t image_layout() {
    std::uint64_t layout = kImageVersion;
    for (const std::size_t size : {sizeof(Genesis),
                                   sizeof(Key),
                                   sizeof(Session),
                                   sizeof(Market),
                                   sizeof(RegisteredAddress),
                                   sizeof(Proposal),
                                   sizeof(Account),
                                   sizeof(Asset),
                                   sizeof(AssetLimits),
                                   sizeof(Balance),
                                   sizeof(Exposure),
                                   sizeof(MoneyRequest),
                                   sizeof(PendingTransfer),
                                   sizeof(TransferGroup),
                                   sizeof(FollowedBlock),
                                   sizeof(Deposit),
                                   sizeof(Payout),
                                   sizeof(VenueAddress),
                                   sizeof(AllowedAddress),
                                   sizeof(WithdrawnSum),
                                   sizeof(AssetCustody),
                                   sizeof(RestingOrder),
                                   sizeof(OpenOrder),
                                   sizeof(Level),
                                   sizeof(Frame),
                                   sizeof(FarNode),
                                   sizeof(RecentTrade),
                                   sizeof(Deadline),
                                   sizeof(State)})
        layout = (layout ^ size) * 0x100000001B3u;  // FNV-1a's prime
    return layout;
}

void Core::save(ByteSink& sink) const {
    sink.put(bytes_of(state_->genesis));
    Saver saver(sink);
    State::visit(saver, static_cast<const State&>(*state_));
}

bool Core::load(ByteSource& source) {
    DCX_CHECK(!state_->started && !state_->sequence);
    Genesis genesis{};
    if (!source.get(std::as_writable_bytes(std::span{&genesis, 1})) || !capacities_legal(genesis)) return false;
    *state_ = State(genesis, memory_);
    Loader loader(source);
    State::visit(loader, *state_);
    max_events_ = max_events_per_command();
    return loader.good() && state_->started;
}

}  // namespace dcx::core
