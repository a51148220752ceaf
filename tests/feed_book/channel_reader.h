// ChannelReader: a subscriber who has nothing but the bytes that he is sent, and checks what is common to all channels:
// the frames, the envelope, the chain. What a message says of the market is for those who derive from it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "feed/publisher.h"
#include "feed_book/plain_value.h"

namespace dcx::feed_book {

// Units of a decimal: "2.50" of units of "0.05" are 50. Ends the test when it is no whole number of them, or does not
// have exactly the decimals of the unit.
[[nodiscard]] std::int64_t units_of(const std::string& text, const std::string& unit);

class ChannelReader : public feed::FrameSink {
  public:
    virtual ~ChannelReader();
    ChannelReader(const ChannelReader&) = delete;
    ChannelReader& operator=(const ChannelReader&) = delete;

    // Leaves, and may come back later.
    void leave();
    // With `from` when he may, and with a fresh snapshot otherwise.
    void come_back(bool with_from);
    [[nodiscard]] bool there() const { return there_; }
    [[nodiscard]] bool conflates() const { return subscription_.key.rate_ms > 0; }
    [[nodiscard]] std::uint64_t messages() const { return messages_; }
    [[nodiscard]] std::uint64_t resumes() const { return resumes_; }

    bool offer(std::span<const std::byte> frame) final;
    void wake(feed::Subscription& subscription, bool now) final;
    [[nodiscard]] bool drained() const final { return true; }
    void overrun() final;
    void conflated(std::uint64_t skipped) final;

  protected:
    ChannelReader(feed::Publisher& publisher, const feed::Market& market, feed::VariantKey key, feed::Format format);
    // Attaches; of the whole object, when it is made.
    void start() { come_back(false); }

    [[nodiscard]] std::uint32_t depth() const { return subscription_.key.depth; }
    [[nodiscard]] Price price(const PlainValue& value) const;
    [[nodiscard]] Quantity quantity(const PlainValue& value) const;

  private:
    // A snapshot begins anew.
    virtual void take(const PlainValue& data, bool snapshot) = 0;
    void read_frames(std::span<const std::byte> bytes, std::uint64_t count);
    void read(std::span<const std::byte> body);
    [[nodiscard]] std::int64_t units(const PlainValue& value, const std::string& unit) const;

    feed::Publisher& publisher_;
    feed::Subscription subscription_;
    bool there_ = false;
    bool fresh_ = true;  // the next message is a snapshot
    bool resuming_ = false;
    std::uint64_t epoch_ = 0;
    std::uint64_t seq_ = 0;
    std::uint64_t messages_ = 0;
    std::uint64_t resumes_ = 0;
};

}  // namespace dcx::feed_book
