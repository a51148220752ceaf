"""Symbols and decimals instead of the wire's numbers: prices are counted in ticks, quantities in lots, amounts in minor units. All
exact: what is not a whole number of them is refused, never rounded."""

import dataclasses
from decimal import Decimal, InvalidOperation, localcontext

from dcx import messages as m
from dcx.errors import Error


class NotExact(Error, ValueError):
    """A price, quantity or amount that the market's steps don't make."""


def to_steps(text, step):
    """How many steps the number is; text, int and Decimal are exact, a float is refused."""
    if isinstance(text, float):
        raise NotExact(f"{text!r} is a float, which is not exact: write it as text or Decimal")
    try:
        with localcontext() as context:
            context.prec = 60
            steps = Decimal(text) / step
            if steps != steps.to_integral_value():
                raise NotExact(f"{text} is not a whole number of {step}")
            return int(steps)
    except (InvalidOperation, OverflowError, ValueError) as error:
        if isinstance(error, NotExact):
            raise
        raise NotExact(f"{text!r} is no number") from None


def from_steps(count, step):
    with localcontext() as context:
        context.prec = 60
        return count * step


@dataclasses.dataclass(frozen=True)
class Asset:
    number: int
    symbol: str
    unit: Decimal


@dataclasses.dataclass(frozen=True)
class Market:
    number: int
    symbol: str
    base: Asset
    quote: Asset
    tick: Decimal
    lot: Decimal
    raw: m.InstrumentListed = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True)
class Balance:
    available: Decimal
    held: Decimal


@dataclasses.dataclass(frozen=True)
class Order:
    """An execution report in decimals: what happened (`event`, `quantity`, `price`, of a fill `last_*` and `fee`), and how the order
    stands (`status`, `open`, `filled`). `raw` is the report as it came."""
    sequence: int
    order_id: int
    cl_ord_id: int
    market: str
    side: str
    event: str
    status: str
    quantity: Decimal
    price: Decimal
    open: Decimal
    filled: Decimal
    last_quantity: Decimal
    last_price: Decimal
    fee: Decimal
    fee_asset: str
    reason: str
    raw: m.ExecutionReport = dataclasses.field(repr=False)


class Listings:
    """Assets and markets by symbol and by number."""

    def __init__(self, parts):
        self.assets = {}
        self.markets = {}
        for part in parts:
            if isinstance(part, m.AssetListed):
                self.assets[part.symbol] = Asset(part.asset, part.symbol, Decimal(1).scaleb(-part.scale))
        by_number = {asset.number: asset for asset in self.assets.values()}
        for part in parts:
            if isinstance(part, m.InstrumentListed):
                self.markets[part.symbol] = Market(
                    part.instrument, part.symbol, by_number[part.base], by_number[part.quote],
                    Decimal(part.tick_mantissa).scaleb(-part.tick_scale), Decimal(part.lot_mantissa).scaleb(-part.lot_scale), part)
        self._markets = {market.number: market for market in self.markets.values()}
        self._assets = by_number

    def market(self, symbol):
        if symbol not in self.markets:
            raise Error(f"no market is called {symbol!r} (there are: {', '.join(self.markets) or 'none'})")
        return self.markets[symbol]

    def asset(self, symbol):
        if symbol not in self.assets:
            raise Error(f"no asset is called {symbol!r} (there are: {', '.join(self.assets) or 'none'})")
        return self.assets[symbol]

    def asset_symbol(self, number):
        return self._assets[number].symbol

    def amount(self, number, count):
        return from_steps(count, self._assets[number].unit)

    def order(self, report, sequence=0):
        """The report in decimals; None when its market is not known here."""
        market = self._markets.get(report.instrument)
        if market is None:
            return None
        buys = report.side == m.Side.buy
        # A fee is taken off what was received; a rebate, below 0, comes in what was paid.
        paid_in = market.base if buys == (report.fee >= 0) else market.quote
        reason = report.reject_reason or report.cancel_reason
        return Order(
            sequence=sequence, order_id=report.order_id, cl_ord_id=report.cl_ord_id, market=market.symbol,
            side="buy" if buys else "sell", event=_name(report.exec_type), status=_name(report.ord_status),
            quantity=from_steps(report.order_qty, market.lot), price=from_steps(report.price, market.tick),
            open=from_steps(report.leaves_qty, market.lot), filled=from_steps(report.cum_qty, market.lot),
            last_quantity=from_steps(report.last_qty, market.lot), last_price=from_steps(report.last_px, market.tick),
            fee=from_steps(report.fee, paid_in.unit), fee_asset=paid_in.symbol, reason=_name(reason) if reason else "", raw=report)


def _name(value):
    return getattr(value, "name", str(value))
