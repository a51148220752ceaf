// How a message that belongs to a connection begins: its type, and the id of the request that it answers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "feed/request.h"

namespace dcx::feed {

// Opens the map of a message of `fields` fields beside type and id.
template <class Writer>
void begin_message(Writer& writer, std::string_view type, const RequestId& id, std::size_t fields) {
    const bool has_id = !std::holds_alternative<std::monostate>(id);
    writer.map(fields + (has_id ? 2 : 1));
    writer.template key<"type">();
    writer.text(type);
    if (!has_id) return;
    writer.template key<"id">();
    if (const auto* text = std::get_if<std::string>(&id))
        writer.text(*text);
    else if (const auto* negative = std::get_if<std::int64_t>(&id))
        writer.number(*negative);
    else
        writer.number(std::get<std::uint64_t>(id));
}

}  // namespace dcx::feed
