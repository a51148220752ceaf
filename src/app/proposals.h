// Proposals for people: what a proposed command says, in names and decimals, and how one is proposed and approved.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "app/venue_link.h"
#include "model/command.h"
#include "model/wire_query.h"

namespace dcx::app {

using Json = nlohmann::ordered_json;

// Every field of the command: what an approver signs. Of a kind that has no rendering the bytes are shown.
[[nodiscard]] Json command_json(CommandKind kind, const std::array<std::byte, kProposalBodySize>& body,
                                const VenueLink& link);
[[nodiscard]] Json proposal_json(const Proposal& proposal, const VenueLink& link);
// The same as lines of text.
[[nodiscard]] std::string proposal_text(const Json& proposal);

// Proposes the command and tells the proposal's number and all that it says.
void propose(VenueLink& link, const AdminOptions& options, CommandKind kind,
             const std::array<std::byte, kProposalBodySize>& body);

// Sends an operator's command, or proposes it when the options say so: then there is no answer yet.
template <EventBody Answer, MessageBody Request>
std::optional<Answer> send_or_propose(VenueLink& link, const AdminOptions& options, const Request& request) {
    static_assert(sizeof(Request) <= kProposalBodySize);
    if (!options.propose) return value_or_throw(link.client().request<Answer>(request));
    std::array<std::byte, kProposalBodySize> body{};
    std::memcpy(body.data(), &request, sizeof request);
    propose(link, options, Request::kind, body);
    return std::nullopt;
}

}  // namespace dcx::app
