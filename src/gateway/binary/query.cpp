#include "gateway/binary/query.h"

#include "gateway/binary/reports.h"

namespace dcx::gateway {
namespace {

// False: there is no such item, the answer is complete.
bool send_balance(const OpenQuery& query, const ReadModel& model, FrameSink& out, Moment now) {
    if (query.next >= model.assets().size()) return false;
    const AssetId asset = model.assets()[query.next].asset;
    const Holding holding = model.balance(query.account, asset);
    out.send(make_frame(Balance{.reference = query.reference,
                                .as_of = model.as_of(),
                                .available = holding.available,
                                .held = holding.held,
                                .account = query.account,
                                .asset = asset},
                        now.wall)
                 .bytes());
    return true;
}

template <EventBody Body>
void send_listing(const Body& listing, const ReadModel& model, FrameSink& out, Moment now) {
    Event event;
    event.header.sequence = model.as_of();
    event.set(listing);
    ReportBytes bytes;
    const std::size_t size = encode_report(event, {}, bytes);
    std::memcpy(bytes.data() + offsetof(FrameHeader, sending_time), &now.wall, sizeof now.wall);
    out.send({bytes.data(), size});
}

bool send_next_listing(const OpenQuery& query, const ReadModel& model, FrameSink& out, Moment now) {
    const std::size_t assets = model.assets().size();
    if (query.next < assets) {
        send_listing(model.assets()[query.next], model, out, now);
        return true;
    }
    if (query.next - assets >= model.instruments().size()) return false;
    send_listing(model.instruments()[query.next - assets], model, out, now);
    return true;
}

}  // namespace

void answer_some(Session& session, const ReadModel& model, FrameSink& out, Moment now, std::size_t frames) {
    OpenQuery& query = session.query();
    for (; frames > 0 && session.querying(); --frames) {
        const bool sent = query.kind == OpenQuery::Kind::balances ? send_balance(query, model, out, now)
                                                                  : send_next_listing(query, model, out, now);
        if (sent)
            ++query.next;
        else
            session.finish_query(RejectReason::none, now);
    }
}

}  // namespace dcx::gateway
