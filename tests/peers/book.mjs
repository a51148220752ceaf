// A book as a reader of the feed keeps it: the best levels by side, in ticks and lots, with the checksum that every
// message must leave. Throws when a message does not fit.

const TABLE = new Uint32Array(256);
for (let index = 0; index < 256; ++index) {
    let value = index;
    for (let bit = 0; bit < 8; ++bit) value = (value >>> 1) ^ (value & 1 ? 0x82f63b78 : 0);
    TABLE[index] = value >>> 0;
}

function crc32c(bytes) {
    let value = 0xffffffff;
    for (const byte of bytes) value = (value >>> 8) ^ TABLE[(value ^ byte) & 0xff];
    return (value ^ 0xffffffff) >>> 0;
}
if (crc32c(new TextEncoder().encode("123456789")) !== 0xe3069283) throw new Error("crc32c");

// Sorted best first. `sign` is -1 for bids.
class Side {
    constructor(sign) {
        this.sign = sign;
        this.levels = [];
    }

    place(price) {
        let low = 0, high = this.levels.length;
        while (low < high) {
            const middle = (low + high) >> 1;
            if (this.sign * this.levels[middle][0] < this.sign * price) low = middle + 1;
            else high = middle;
        }
        return low;
    }

    set(price, quantity, orders) {
        if ((quantity === 0) !== (orders === 0)) throw new Error(`${quantity} in ${orders} orders`);
        const place = this.place(price);
        const there = this.levels[place]?.[0] === price;
        if (quantity !== 0) this.levels.splice(place, there ? 1 : 0, [price, quantity, orders]);
        else if (there) this.levels.splice(place, 1);
        else throw new Error(`removed what was not there: ${price}`);
    }
}

export class Book {
    constructor(depth) {
        this.depth = depth;
        this.clear();
    }

    clear() {
        this.bids = new Side(-1);
        this.asks = new Side(1);
    }

    // The data of a snapshot or an update.
    apply(data, snapshot) {
        if (snapshot) this.clear();
        for (const name of ["bids", "asks"]) {
            for (const [price, quantity, orders] of data[name]) this[name].set(price, quantity, orders);
            if (this[name].levels.length > this.depth) throw new Error(`more than ${this.depth} ${name}`);
        }
        if (this.checksum() !== data.checksum) throw new Error(`checksum ${this.checksum()} is not ${data.checksum}`);
    }

    checksum() {
        const shown = Math.min(10, this.depth);
        const best = [...this.bids.levels.slice(0, shown), ...this.asks.levels.slice(0, shown)];
        const view = new DataView(new ArrayBuffer(best.length * 16));
        best.forEach(([price, quantity], place) => {
            view.setBigInt64(place * 16, BigInt(price), true);
            view.setBigInt64(place * 16 + 8, BigInt(quantity), true);
        });
        return crc32c(new Uint8Array(view.buffer));
    }

    // A copy.
    state() {
        return { bids: this.bids.levels.slice(), asks: this.asks.levels.slice() };
    }
}
