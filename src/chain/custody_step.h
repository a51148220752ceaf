// Of custody's own .cpp files: what a step needs, and how it ends early.
#pragma once

#include <utility>

#include "chain/custody.h"

namespace dcx::chain {

template <class T>
T Custody::need(NodeAnswer<T> answer) {
    if (!answer) node_failed(answer.error());
    return std::move(*answer);
}

template <MessageBody Body>
void Custody::must(const Body& body) {
    const SentCommand sent = send(Command::make(body));
    if (sent.result == SentCommand::Result::done) return;
    if (sent.result == SentCommand::Result::refused) refused(Body::kind, sent.reason);
    throw Interrupted{};
}

}  // namespace dcx::chain
