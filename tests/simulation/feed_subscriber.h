// FeedSubscriber: a client of the public feed over its own WebSocket, JSON, written from the feed's page. It rebuilds
// the books and checks each message's chain and checksum; the run compares the books with the witness's when all is
// quiet.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/random.h"
#include "simulation/print_order.h"
#include "simulation/session_client.h"
#include "simulation/simulated_network.h"
#include "simulation/witness.h"
#include "simulation/world.h"

namespace dcx::simulation {

class FeedSubscriber final : public Peer {
  public:
    FeedSubscriber(const Outside& outside, std::uint64_t random_seed)
        : world_(outside.world),
          network_(outside.network),
          witness_(outside.witness),
          prints_(outside.prints),
          random_(random_seed) {}

    [[nodiscard]] std::int64_t next_ns() const { return next_ns_; }
    void act();
    // Has the book of each instrument; then compares them, which is right only when nothing is under way.
    [[nodiscard]] bool subscribed() const { return books_.size() == 2; }
    void compare();
    [[nodiscard]] std::size_t messages() const { return messages_; }

  private:
    enum class State : std::uint8_t { away, connecting, upgrading, open };
    struct Line {
        std::int64_t quantity{};
        std::uint32_t orders{};
    };
    struct Book {
        std::uint64_t seq = 0;
        std::map<std::int64_t, Line> bids;
        std::map<std::int64_t, Line> asks;
    };

    void on_open() override;
    void on_bytes(std::span<const std::byte> bytes, std::uint64_t order) override;
    void on_end() override;
    bool take_head();
    bool take_frame(std::uint64_t order);
    void send_frame(std::uint8_t opcode, std::string_view body);
    void on_message(std::string_view text, std::uint64_t order);
    void on_book(const nlohmann::json& message);
    void on_trades(const nlohmann::json& message, std::uint64_t order);
    void check_sum(const Book& book, std::uint32_t told);
    void leave();
    void fail(const std::string& what);

    World& world_;
    SimulatedNetwork& network_;
    Witness& witness_;
    PrintOrder& prints_;
    Random random_;
    State state_ = State::away;
    LinkId link_ = 0;
    std::string inbox_;
    std::int64_t next_ns_ = 0;
    std::int64_t heard_ns_ = 0;
    std::map<std::string, Book> books_;
    std::map<std::string, std::uint64_t> trades_;  // last seq of the channel
    std::uint64_t last_trade_ = 0;
    std::size_t messages_ = 0;
};

}  // namespace dcx::simulation
