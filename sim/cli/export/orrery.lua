-- Wireshark's dissector of what `orrery export --to pcapng` writes: a message of a simulated network.
local orrery = Proto("orrery", "Orrery simulated message")
local fields = {
    from = ProtoField.string("orrery.from", "From"),
    to = ProtoField.string("orrery.to", "To"),
    kind = ProtoField.string("orrery.kind", "Kind"),
    lost = ProtoField.string("orrery.lost", "Lost"),
    sent = ProtoField.uint64("orrery.sent_ns", "Sent (ns)"),
    delay = ProtoField.double("orrery.delay", "On its way (s)"),
    hash = ProtoField.uint64("orrery.hash", "Hash", base.HEX),
    bytes = ProtoField.uint32("orrery.bytes", "Bytes"),
}
orrery.fields = { fields.from, fields.to, fields.kind, fields.lost, fields.sent, fields.delay, fields.hash, fields.bytes }

local function name_at(buffer, at)
    local len = buffer(at, 1):uint()
    if len == 0 then return nil, at + 1 end
    return buffer(at + 1, len), at + 1 + len
end

function orrery.dissector(buffer, pinfo, tree)
    if buffer:len() < 32 or buffer(0, 4):string() ~= "ORRY" or buffer(4, 1):uint() ~= 1 then return 0 end
    local is_lost = buffer(5, 1):uint() == 1
    local from, to, kind, lost
    local at = 28
    from, at = name_at(buffer, at)
    to, at = name_at(buffer, at)
    kind, at = name_at(buffer, at)
    lost, at = name_at(buffer, at)
    local node = tree:add(orrery, buffer(0, buffer(6, 2):uint()))
    if from then node:add(fields.from, from) end
    if to then node:add(fields.to, to) end
    if kind then node:add(fields.kind, kind) end
    if lost then node:add(fields.lost, lost) end
    node:add(fields.bytes, buffer(24, 4))
    node:add(fields.hash, buffer(16, 8))
    if not is_lost then
        node:add(fields.sent, buffer(8, 8))
        node:add(fields.delay, buffer(8, 8), tonumber(pinfo.abs_ts) - buffer(8, 8):uint64():tonumber() / 1e9)
    end
    pinfo.cols.protocol = "Orrery"
    pinfo.cols.src = from and from:string() or ""
    pinfo.cols.dst = to and to:string() or ""
    pinfo.cols.info = (kind and kind:string() or "message") .. (lost and ", lost: " .. lost:string() or "")
    return at
end

DissectorTable.get("wtap_encap"):add(wtap.USER0, orrery)
