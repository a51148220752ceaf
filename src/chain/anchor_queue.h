// AnchorQueue: brings each checkpoint's digest to each place, once, as far as that can be had from outside:
//
//   waiting ─► prepared ─► sent ─► confirmed        every arrow is durable before what follows it is done
//                            └─► lost ─► the next attempt, waiting
//
// What is to be sent is on disk before it is sent, and is looked for there before it is sent. It is sent again only as
// the same bytes, only when it has been absent for longer than a request can take, and the place has gone on since (a
// block, or a long time): a transaction twice in a DeCoin node's mempool stops its chain. One anchor is under way per
// place. When a place's history has changed, all that was sent or confirmed there is looked for again; what is gone is
// lost, and the newest of those (`resend`) are sent anew: each checkpoint's text names the one before, so the newest
// covers all.
//
// One thread; throws what the store throws, and what was done by then is on disk.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "chain/anchor.h"
#include "chain/anchor_store.h"

namespace dcx::chain {

struct AnchorQueueOptions {
    std::int64_t absent_ns = 15'000'000'000;  // longer than the timeout of a request
    std::int64_t quiet_ns = 600'000'000'000;  // absent for so long, a place need not have gone on
    unsigned posts = 3;                       // of one attempt, before another takes its place
    unsigned resend = 24;                     // of those that a place has forgotten
    unsigned looks = 64;                      // at anchors that are done, in one round
};

class AnchorQueue {
  public:
    // The places live as long as the queue.
    AnchorQueue(AnchorStore& store, std::vector<AnchorPlaceClient*> places, Clock& clock,
                const AnchorQueueOptions& options = {});

    // Puts a checkpoint in for each place that has no newer one, and not this one yet. True when any had not.
    bool add(std::uint64_t checkpoint, const Digest& digest);

    struct Round {
        std::vector<Anchor> changed;  // those whose stage is another now
        PlaceChange change = PlaceChange::none;
        std::optional<AnchorError> error;  // why it does not go on now; it will be tried again
        bool busy = false;                 // an anchor waits or is under way
    };
    // Goes on at one place, with a bounded number of requests. The caller waits a second or more between two rounds.
    Round step(AnchorPlace place);

    // Confirmed or lost, and not in the venue's log yet.
    [[nodiscard]] std::vector<Anchor> untold() { return store_.untold(); }
    void told(Anchor anchor);

  private:
    struct Work;  // one round at one place
    bool look_again(Work& work);
    bool advance(Work& work, Anchor& anchor);
    bool prepare(Work& work, Anchor& anchor);
    bool send(Work& work, Anchor& anchor);
    bool look_at_sent(Work& work, Anchor& anchor);
    bool may_send_again(Work& work, Anchor& anchor);
    void seen(Work& work, Anchor& anchor, const AnchorSighting& sighting);
    void lose(Work& work, Anchor& anchor, bool again, const std::string& why);
    void commit(Work& work, const Anchor& anchor);
    void fail(Work& work, Anchor* anchor, const AnchorError& error);
    // The same of one that is to be sent: what can never be sent is lost.
    void fail_before_sending(Work& work, Anchor& anchor, const AnchorError& error);

    AnchorStore& store_;
    std::map<AnchorPlace, AnchorPlaceClient*> places_;
    Clock& clock_;
    AnchorQueueOptions options_;
    // Confirmed ones that are still to be looked at again, by place, the newest first; a new process begins anew.
    struct Again {
        std::vector<Anchor> rest;
        unsigned resent = 0;
    };
    std::map<AnchorPlace, Again> again_;
};

}  // namespace dcx::chain
