// CommandLink: any command of a worker of the venue, one at a time, through order entry like those of any operator. It
// connects when there is something to send and comes back by itself after a failure. Every call is bounded in time. One
// thread, whose owner calls poll() now and then.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "client/order_entry_client.h"
#include "net/reactor.h"

namespace dcx::app {

// Sessions are numbered per key: each worker keeps one of its own.
inline constexpr std::uint64_t kAnchorSession = 0xDC00'0010;
inline constexpr std::uint64_t kCustodySession = 0xDC00'0011;

class CommandLink final : client::OrderEntryClient::Owner {
  public:
    struct Options {
        net::Endpoint venue;
        client::ClientKey key;         // an operator's
        std::uint64_t session = 0;     // its own of this key: each worker has another
        std::int64_t wait_ms = 5'000;  // for a connection, and for an answer
        Clock* clock = nullptr;
    };
    struct Answer {
        enum class Result : std::uint8_t {
            done,
            refused,   // `reason`
            not_sent,  // there is no session, or the venue did not take it: nothing was done
            unknown,   // no answer came: it may be done, and may still be
        };
        Result result{};
        RejectReason reason{};
        Sequence sequence{};  // of the command, when it was answered
    };

    explicit CommandLink(const Options& options) : options_(options) {}
    ~CommandLink();
    CommandLink(const CommandLink&) = delete;
    CommandLink& operator=(const CommandLink&) = delete;

    Answer send(const Command& command);
    template <MessageBody Body>
    Answer send(const Body& body) {
        return send(Command::make(body));
    }
    // Hears what has come, and keeps the session alive.
    void poll();

  private:
    bool connect();
    template <class Done>
    bool wait(const Done& done);

    void on_report(client::OrderEntryClient& client, const client::Report& report) override;
    void on_not_applied(client::OrderEntryClient& client, const NotApplied& refused) override;
    void on_closed(client::OrderEntryClient& client, const client::ClientClosed& closed) override;

    Options options_;
    net::Reactor reactor_;
    std::unique_ptr<client::OrderEntryClient> client_;
    bool closed_ = false;
    std::uint64_t awaited_ = 0;  // sequence in the session; 0: none
    std::optional<Answer> answer_;
};

}  // namespace dcx::app
