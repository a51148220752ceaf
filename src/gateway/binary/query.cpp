#include "gateway/binary/query.h"

#include <cstring>

#include "base/check.h"
#include "gateway/binary/query_answers.h"
#include "gateway/binary/reports.h"

namespace dcx::gateway {
namespace {

// The next frame of what is told as it stands. Each function says whether there was one.
class Teller {
  public:
    Teller(OpenQuery& query, const ReadModel& model, FrameSink& out, Moment now)
        : query_(query), model_(model), out_(out), now_(now) {}

    bool next() {
        switch (query_.template_id) {
            case kTemplateOpenOrdersQuery: return open_order();
            case kTemplatePendingsQuery: return pending();
            default: return prepared();
        }
    }

  private:
    // One that is done since the query began is left out.
    bool open_order() {
        while (query_.next < query_.orders.size()) {
            const KnownOrder* order = model_.orders().find(query_.orders[query_.next++]);
            if (order == nullptr) continue;
            say(status_report(*order, model_.as_of()));
            return true;
        }
        return false;
    }
    bool pending() {
        const LedgerView::Pending* pending = model_.ledger().next_pending(query_.account, query_.next);
        if (pending == nullptr) return false;
        query_.next = pending->number;
        say(PendingTransfer{.reference = query_.reference,
                            .as_of = model_.as_of(),
                            .id = pending->id,
                            .amount = pending->amount,
                            .expires = pending->expires,
                            .debit_account = pending->debit_account,
                            .credit_account = pending->credit_account,
                            .asset = pending->asset,
                            .scope = pending->scope,
                            .address = pending->address,
                            .zero = {}});
        return true;
    }
    bool prepared() {
        if (query_.sent >= query_.frames.size()) return false;
        std::uint32_t length = 0;
        std::memcpy(&length, query_.frames.data() + query_.sent, sizeof length);
        out_.send(std::span{query_.frames}.subspan(query_.sent, length));
        query_.sent += length;
        return true;
    }
    template <WireBlock Block>
    void say(const Block& block) {
        out_.send(make_frame(block, now_.wall).bytes());
    }

    OpenQuery& query_;
    const ReadModel& model_;
    FrameSink& out_;
    Moment now_;
};

}  // namespace

void answer_some(Session& session, const ReadModel& model, FrameSink& out, Moment now, std::size_t frames) {
    if (!session.querying() || !model.whole()) return;
    OpenQuery& query = session.query();
    if (!query.begun) {
        query.begun = true;
        if (query.template_id == kTemplateLimitQuery) {
            session.tell_limits(now);
            return session.finish_query(RejectReason::none, now);
        }
        query.since = model.begun_at();
        const RejectReason refused = prepare_answer(query, model, now.wall);
        if (refused != RejectReason::none) return session.finish_query(refused, now);
    }
    Teller teller(query, model, out, now);
    for (; frames > 0 && session.querying(); --frames)
        if (!teller.next()) session.finish_query(RejectReason::none, now);
}

}  // namespace dcx::gateway
