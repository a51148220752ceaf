-- Order entry of the DeCoin Exchange for Wireshark, made from schema/dcx-order-entry.xml by scripts/sbe/generate.py: do not
-- edit. Load it with -X lua_script:dcx.lua, or put it into the folder of personal plugins. The port is a preference; on other
-- ports frames are recognised by their magic. Every field is a filter (dcx.cl_ord_id == 7), dcx.malformed finds what is no frame.

local dcx = Proto("dcx", "DeCoin Exchange order entry")
dcx.prefs.port = Pref.uint("TCP port", 7001, "Port of order entry; others are recognised by their magic")

-- ---- the schema
--GENERATED

-- ---- fields

local all = {}
local function field(f) all[#all + 1] = f; return f end
local of_frame = {
    length = field(ProtoField.uint32("dcx.frame.length", "length", base.DEC)),
    magic = field(ProtoField.uint16("dcx.frame.magic", "magic", base.HEX)),
    zero = field(ProtoField.uint16("dcx.frame.zero", "zero", base.DEC)),
    sequence = field(ProtoField.uint64("dcx.frame.sequence", "sequence", base.DEC)),
    sending_time = field(ProtoField.absolute_time("dcx.frame.sending_time", "sending_time", base.UTC)),
    block_length = field(ProtoField.uint16("dcx.frame.block_length", "block_length", base.DEC)),
    template_id = field(ProtoField.uint16("dcx.frame.template", "template", base.DEC)),
    schema_id = field(ProtoField.uint16("dcx.frame.schema", "schema", base.HEX)),
    version = field(ProtoField.uint16("dcx.frame.version", "version", base.DEC)),
}
local message_name = field(ProtoField.string("dcx.message", "message"))
local block_bytes = field(ProtoField.bytes("dcx.block", "block"))

local makers = {
    uint8 = ProtoField.uint8, uint16 = ProtoField.uint16, uint32 = ProtoField.uint32, uint64 = ProtoField.uint64,
    int8 = ProtoField.int8, int16 = ProtoField.int16, int32 = ProtoField.int32, int64 = ProtoField.int64,
}
for _, item in ipairs(items) do
    local abbreviation = "dcx." .. item.abbreviation
    if item.kind == "time" then
        item.field = field(ProtoField.absolute_time(abbreviation, item.name, base.UTC))
    elseif item.kind == "text" then
        item.field = field(ProtoField.string(abbreviation, item.name))
    elseif item.kind == "bytes" then
        item.field = field(ProtoField.bytes(abbreviation, item.name))
    elseif item.kind == "composite" then
        item.field = field(ProtoField.none(abbreviation, item.name))
    elseif item.kind == "set" then
        item.field = field(makers[item.primitive](abbreviation, item.name, base.HEX))
        item.bits = {}
        for index, bit in ipairs(item.choices) do
            item.bits[index] = field(ProtoField.bool(abbreviation .. "." .. bit.name, bit.name, 8 * item.size, nil, bit.value))
        end
    else
        item.field = field(makers[item.primitive](abbreviation, item.name, base.DEC, item.values))
    end
end
dcx.fields = all

local malformed = ProtoExpert.new("dcx.malformed", "Not a frame of order entry", expert.group.MALFORMED, expert.severity.ERROR)
local unknown = ProtoExpert.new("dcx.unknown", "A message or a number that this version of the schema does not have",
    expert.group.UNDECODED, expert.severity.WARN)
local reserved = ProtoExpert.new("dcx.reserved", "A reserved field is not zero", expert.group.PROTOCOL, expert.severity.WARN)
local newer = ProtoExpert.new("dcx.newer", "The block has fields of a later version", expert.group.UNDECODED, expert.severity.NOTE)
dcx.experts = { malformed, unknown, reserved, newer }

-- ---- reading

local function time_of(range)
    local ns = range:le_int64()
    local seconds = ns / 1000000000
    local rest = ns - seconds * 1000000000
    if rest < Int64(0) then
        seconds, rest = seconds - 1, rest + 1000000000
    end
    return NSTime.new(seconds:tonumber(), rest:tonumber())
end

local function is_zero(range)
    for i = 0, range:len() - 1 do
        if range(i, 1):uint() ~= 0 then return false end
    end
    return true
end

local add_fields

local function add_field(tree, item, range)
    if item.kind == "reserved" then
        if not is_zero(range) then tree:add_proto_expert_info(reserved) end
    elseif item.kind == "time" then
        tree:add(item.field, range, time_of(range))
    elseif item.kind == "text" then
        tree:add(item.field, range, (range:string(ENC_UTF_8):gsub("%z.*", "")))
    elseif item.kind == "bytes" then
        tree:add(item.field, range)
    elseif item.kind == "composite" then
        add_fields(tree:add(item.field, range), item.members, range)
    else
        local added = tree:add_le(item.field, range)
        if item.kind == "set" then
            for _, bit in ipairs(item.bits) do added:add_le(bit, range) end
        elseif item.values and not item.values[range:le_uint()] then
            added:add_proto_expert_info(unknown, item.name .. " has a number without a name: " .. range:le_uint())
        end
    end
end

-- As many of the fields as the block has: what an older sender lacks is left out.
function add_fields(tree, fields, block)
    for _, one in ipairs(fields) do
        if one[2] + one[1].size > block:len() then return end
        add_field(tree, one[1], block(one[2], one[1].size))
    end
end

-- What the column of the list says: the fields by which one follows an order.
local function summary(message, block)
    local words = { message.name }
    for _, one in ipairs(message.fields) do
        local item, offset = one[1], one[2]
        if item.shown and offset + item.size <= block:len() then
            local range = block(offset, item.size)
            local number = item.primitive:sub(1, 1) == "u" and range:le_uint64() or range:le_int64()
            local text = item.values and item.values[number:tonumber()] or tostring(number)
            if number:tonumber() ~= 0 then words[#words + 1] = item.name .. "=" .. text end
        end
    end
    return table.concat(words, " ")
end

local function why_malformed(tvb)
    if tvb:len() < frame.header then return "shorter than a header" end
    local length = tvb(0, 4):le_uint()
    if tvb(4, 2):le_uint() ~= frame.magic then return "no magic: the stream is out of step" end
    if tvb(6, 2):le_uint() ~= 0 then return "a reserved field of the header is not zero" end
    if length < frame.header or length > frame.longest then return "a length of " .. length end
    if length ~= frame.header + tvb(24, 2):le_uint() then return "length and block length do not agree" end
    if tvb(28, 2):le_uint() ~= frame.schema then return "another schema" end
    if tvb(30, 2):le_uint() == 0 then return "version 0" end
    return nil
end

-- Frames of one packet stand beside each other in the column.
local first_of_packet = true
local function tell(pinfo, text)
    pinfo.cols.info:append((first_of_packet and "" or " | ") .. text)
    first_of_packet = false
end

local function dissect_frame(tvb, pinfo, root)
    local tree = root:add(dcx, tvb())
    local wrong = why_malformed(tvb)
    if tvb:len() >= frame.header then
        local header = tree:add(tvb(0, frame.header), "header")
        header:add_le(of_frame.length, tvb(0, 4))
        header:add_le(of_frame.magic, tvb(4, 2))
        header:add_le(of_frame.zero, tvb(6, 2))
        header:add_le(of_frame.sequence, tvb(8, 8))
        header:add(of_frame.sending_time, tvb(16, 8), time_of(tvb(16, 8)))
        header:add_le(of_frame.block_length, tvb(24, 2))
        header:add_le(of_frame.template_id, tvb(26, 2))
        header:add_le(of_frame.schema_id, tvb(28, 2))
        header:add_le(of_frame.version, tvb(30, 2))
    end
    if wrong then
        tree:add_proto_expert_info(malformed, wrong)
        tell(pinfo, "[malformed: " .. wrong .. "]")
        return tvb:len()
    end
    local block = tvb(frame.header)
    local message = messages[tvb(26, 2):le_uint()]
    local told
    if not message then
        told = "template " .. tvb(26, 2):le_uint()
        tree:add(block_bytes, block)
        tree:add_proto_expert_info(unknown, "a message that this version of the schema does not have")
    elseif block:len() < message.base then
        told = message.name .. " [malformed: a block of " .. block:len() .. " bytes]"
        tree:add(block_bytes, block)
        tree:add_proto_expert_info(malformed, "a block of " .. block:len() .. " bytes where at least " .. message.base .. " belong")
    else
        tree:add(message_name, message.name):set_generated()
        add_fields(tree, message.fields, block)
        if block:len() > message.size then
            tree:add_proto_expert_info(newer)
            tree:add(block_bytes, block(message.size))
        end
        told = summary(message, block)
    end
    local sequence = tvb(8, 8):le_uint64()
    if sequence ~= UInt64(0) then told = "#" .. tostring(sequence) .. " " .. told end
    tree:append_text(", " .. told)
    tell(pinfo, told)
    return tvb:len()
end

-- A stream that is out of step cannot be read any more: all that is there is one malformed frame.
local function frame_length(tvb, pinfo, offset)
    local length = tvb(offset, 4):le_uint()
    local fits = tvb(offset + 4, 2):le_uint() == frame.magic and length >= frame.header and length <= frame.longest
    return fits and length or tvb:len() - offset
end

function dcx.dissector(tvb, pinfo, root)
    pinfo.cols.protocol = "DCX"
    pinfo.cols.info:clear()
    first_of_packet = true
    dissect_tcp_pdus(tvb, root, 6, frame_length, dissect_frame)
    return tvb:len()
end

-- ---- who is asked

local tcp = DissectorTable.get("tcp.port")
local port = dcx.prefs.port
tcp:add(port, dcx)
function dcx.prefs_changed()
    if port ~= dcx.prefs.port then
        tcp:remove(port, dcx)
        port = dcx.prefs.port
        if port ~= 0 then tcp:add(port, dcx) end
    end
end

dcx:register_heuristic("tcp", function(tvb, pinfo, root)
    if tvb:len() < 8 or tvb(4, 2):le_uint() ~= frame.magic or tvb(6, 2):le_uint() ~= 0 then return false end
    local length = tvb(0, 4):le_uint()
    if length < frame.header or length > frame.longest then return false end
    pinfo.conversation = dcx
    dcx.dissector(tvb, pinfo, root)
    return true
end)
