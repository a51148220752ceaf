#include "adapter/matching_flow.h"

#include <filesystem>
#include <stdexcept>
#include <utility>

namespace dcx::bench {

AbiMessage to_abi(const market::WorkloadMessage& m, std::uint64_t sequence) {
    AbiMessage out{};
    out.type = static_cast<std::uint8_t>(m.type);
    const std::uint8_t side = m.side == Side::sell;
    switch (m.type) {
        case market::MessageType::place:
            out.place = {.order_id = m.order_id,
                         .sequence = sequence,
                         .price = m.price,
                         .quantity = m.quantity,
                         .side = side,
                         .ioc = m.ioc,
                         .reserved = {}};
            break;
        case market::MessageType::cancel: out.cancel = {.order_id = m.order_id, .sequence = sequence}; break;
        case market::MessageType::modify:
            out.modify = {.order_id = m.order_id,
                          .sequence = sequence,
                          .price = m.price,
                          .quantity = m.quantity,
                          .side = side,
                          .reserved = {}};
            break;
    }
    return out;
}

void collect(const AbiReport& r, market::CanonicalReports& answer) {
    const auto seq = static_cast<std::uint32_t>(r.sequence);
    const Side side = r.side == 0 ? Side::buy : Side::sell;
    switch (r.type) {
        case abi_acknowledged: answer.acknowledged(seq, side, r.order_id, r.price, r.quantity); break;
        case abi_traded: answer.traded(seq, r.price, r.quantity, r.maker_order_id, r.taker_order_id); break;
        case abi_canceled: answer.canceled(seq, side, r.order_id, r.price); break;
        case abi_modified: answer.modified(seq, side, r.order_id, r.price, r.quantity); break;
        case abi_cancel_rejected: answer.cancel_rejected(seq, r.order_id); break;
        default: answer.modify_rejected(seq, r.order_id); break;
    }
}

Flow flow_of(std::string name, const std::vector<market::WorkloadMessage>& messages) {
    Flow flow{.name = std::move(name), .messages = {}, .instrument = {}};
    flow.messages.reserve(messages.size());
    for (const auto& message : messages) flow.messages.push_back(to_abi(message, flow.messages.size()));
    return flow;
}

Flow flow_of_file(const std::string& path, std::optional<std::size_t> most) {
    auto messages = market::read_workload(path);
    if (!messages) throw std::runtime_error(messages.error());
    if (most && *most < messages->size()) messages->resize(*most);
    return flow_of(std::filesystem::path(path).filename().string(), *messages);
}

Flow generated_flow(const FlowOptions& o) {
    const std::size_t live = (o.live != 0 ? o.live : market::usual_live_orders(o.kind)) / o.instruments;
    Flow flow{.name = std::string(market::to_string(o.kind)),
              .messages = {},
              .instrument = {},
              .instruments = o.instruments,
              .untimed = 2 * live * o.instruments};
    if (o.live != 0) flow.name += " " + std::to_string(o.live);
    if (o.instruments > 1) flow.name += " x" + std::to_string(o.instruments);
    const std::size_t each = (o.messages + flow.untimed) / o.instruments;
    std::vector<std::vector<market::WorkloadMessage>> flows;
    flows.reserve(o.instruments);
    for (std::size_t i = 0; i < o.instruments; ++i)
        flows.push_back(
            market::generate_workload({.kind = o.kind, .seed = o.seed + i, .messages = each, .live_orders = live}));
    flow.messages.reserve(each * o.instruments);
    for (std::size_t at = 0; at < each; ++at) {
        for (std::size_t i = 0; i < o.instruments; ++i) {
            flow.messages.push_back(to_abi(flows[i][at], flow.messages.size()));
            if (o.instruments > 1) flow.instrument.push_back(static_cast<std::uint16_t>(i));
        }
    }
    return flow;
}

}  // namespace dcx::bench
