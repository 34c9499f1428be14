"""Exports of brokers, in small files of our own that show each broker's habits."""

from datetime import date
from decimal import Decimal

import pytest

from loaders.positions_csv.parse import ParsedFile, parse_positions

TODAY = date(2025, 12, 31)

FIDELITY_POSITIONS = """\ufeffAccount Number,Account Name,Symbol,Description,Quantity,Last Price,Last Price Change,\
Current Value,Today's Gain/Loss Dollar,Cost Basis Total,Average Cost Basis,Type\r
Z1,Individual,FCASH**,HELD IN FCASH,,,,$55.87,,,,Cash,\r
Z1,Individual,VOO,VANGUARD S&P 500,10.5,$600.00,+$1.00,$6300.00,+$10.50,$4725.00,$450.00,Cash,\r
Z2,Roth,BRKB,BERKSHIRE,3,$480.00,+$1.00,$1440.00,+$3.00,$1200.00,--,Cash,\r
Z2,Roth, -AAPL250815P200,AAPL AUG 15 2025 $200 PUT,-2,$6.15,-$0.45,-$1230.00,+$90.00,$1680.00,$8.40,Margin,\r
Z2,Roth,912797GL5,UNITED STATES TREAS BILLS,25000,$99.10,,$24775.00,,$24550.00,$0.98,Cash,\r
Z2,Roth,Pending Activity,,,,,$40.00,,,,,\r
\r
"The data and information in this spreadsheet is provided to you solely for your use."\r
\r
"Date downloaded Jun-27-2025 4:35 p.m ET"\r
"""

FIDELITY_HISTORY = """

Run Date,Action,Symbol,Description,Type,Price ($),Quantity,Commission ($),Fees ($),Amount ($),Settlement Date
12/20/2025,"YOU SOLD VANGUARD S&P 500 (VOO) (Cash)",VOO,VANGUARD,Cash,610,-4,,,2440,
12/19/2025,"DIVIDEND RECEIVED VANGUARD (VOO) (Cash)",VOO,VANGUARD,Cash,,0.000,,,7.10,
12/19/2025,"REINVESTMENT VANGUARD (VOO) (Cash)",VOO,VANGUARD,Cash,605.5,0.0117,,,-7.10,
12/19/2025,"REINVESTMENT FIDELITY GOVERNMENT MONEY MARKET (SPAXX) (Cash)",SPAXX,FIDELITY GOVT,Cash,1,3.2,,,-3.2,
12/12/2025,"YOU SOLD OPENING TRANSACTION CALL (VOO) (Margin)", -VOO260116C650,CALL (VOO),Margin,2.5,-1,,,249,
12/10/2025,"EXPIRED PUT (VOO) as of Dec-05-2025 (Margin)", -VOO251205P500,PUT (VOO),Margin,,1,,,,
12/01/2025,"YOU SOLD OPENING TRANSACTION PUT (VOO) (Margin)", -VOO251205P500,PUT (VOO),Margin,1.5,-1,,,149,
11/20/2025,"YOU BOUGHT NVIDIA CORP as of Nov-18-2025 (NVDA) (Cash)",NVDA,NVIDIA,Cash,180,5,,,-900,
11/03/2025,"YOU SOLD SHORT SALE TESLA INC (TSLA) (Short)",TSLA,TESLA,Short,400,-2,,,800,
11/03/2025,"YOU BOUGHT VANGUARD (VOO) (Cash)",VOO,VANGUARD,Cash,600,10,,,-6000,
11/02/2025,"Electronic Funds Transfer Received (Cash)",,No Description,Cash,,0.000,,,7000,

"Brokerage services are provided by Fidelity Brokerage Services LLC (FBS), 900 Salem Street."
Date downloaded 12/30/2025 11:54 am
"""

FIDELITY_STATEMENT = """Account Type,Account,Beginning mkt Value,Ending mkt Value
My Account,U1,0.,28295.80

Symbol/CUSIP,Description,Quantity,Price,Beginning Value,Ending Value,Cost Basis

U1
Stocks
VT,VANGUARD TOTAL WORLD,200,141.06,28295.80,28212.00,28000.00
Subtotal of Stocks,,,,,28212.00,28000.00,,
U1
Core Account
QPIFQ,FDIC INSURED DEPOSIT AT TRUIST BANK,0.61,1.0,0.61,0.61,not applicable
Subtotal of Core Account,,,,,0.61,,
"""

SCHWAB_POSITIONS = """"Positions for account Sample ...000 as of 04:05 PM ET, 2025/06/27"\r
\r
"Symbol","Description","Qty (Quantity)","Price","Mkt Val (Market Value)","Cost Basis","Security Type",\r
"BRK/B","BERKSHIRE HATHAWAY CLASS B","40","$485.68","$19,427.20","$16,400.00","Equity",\r
"SWPPX","SCHWAB S&P 500 INDEX FUND","1,250.5","$94.31","$117,934.65","$87,560.01","Mutual Fund",\r
"AAPL 08/15/2025 200.00 P","PUT APPLE INC","-2","$6.15","-$1,230.00","-$1,680.00","Option",\r
"91282CGM7","US TREASURY NT","25,000","$97.10","$24,275.00","$24,550.00","Fixed Income",\r
"Cash & Cash Investments","--","--","--","$5,450.00","--","Cash and Money Market",\r
"Account Total","--","--","--","$248,227.53","$192,098.55","--",\r
\r
"""

SCHWAB_TRANSACTIONS = """"Date","Action","Symbol","Description","Quantity","Price","Fees & Comm","Amount"
"07/15/2024 as of 07/12/2024","Stock Split","AVGO","BROADCOM INC","9","","",""
"07/16/2024","Sell","AVGO","BROADCOM INC","4","$170.00","","$680.00"
"06/13/2024","Buy","AVGO","BROADCOM INC","1","$1,680.00","","-$1680.00"
"06/12/2024","Reinvest Shares","SWVXX","SCHWAB VALUE ADVANTAGE MONEY INV","46.23","$1.00","","-$46.23"
"06/12/2024","Cash Dividend","SCHB","SCHWAB US BROAD MARKET ETF","","","","$101.57"
"06/11/2024","Sell to Open","AAPL 08/15/2025 200.00 P","PUT APPLE","2","$8.40","$1.30","$1,678.70"
"06/10/2024","Sell","FIHBX","FEDERATED","592.199","$8.46","$10.00","$5,000.00"
"06/10/2024","Spin-off","APE","AMC PFD","344","","",""
"06/10/2024","Journaled Shares","SCHB","SCHWAB","-30","$22.91","",""
"06/09/2024","Buy","SCHB","SCHWAB","100","$22.00","","-$2,200.00"
"06/01/2024","Sell Short","GME","GAMESTOP","10","$25.00","","$250.00"
"Transactions Total","","","","","","","-$26,582.91"
"""

ROBINHOOD = """"Activity Date","Process Date","Settle Date","Instrument","Description","Trans Code","Quantity","Price",\
"Amount"
"6/27/2025","6/27/2025","6/30/2025","APLD","Option Expiration for APLD 6/27/2025 Call $10.00","OEXP","3S","",""
"6/25/2025","6/25/2025","6/26/2025","APLD","APLD 7/3/2025 Call $11.00","STO","3","$0.20","$59.86"
"6/24/2025","6/24/2025","6/25/2025","APLD","APLD 6/27/2025 Call $10.00","STO","3","$0.23","$69.13"
"6/24/2025","6/24/2025","6/25/2025","AAPL","Apple
CUSIP: 037833100","Buy","100","$187.40","($18,740.00)"
"6/20/2025","6/20/2025","6/20/2025","MSFT","Cash Div: R/D 2025-05-15","CDIV","","","$8.30"
"6/18/2025","6/18/2025","6/18/2025","TNXP","Reverse Split","SPR","100S","",""
"6/18/2025","6/18/2025","6/18/2025","TNXP","Reverse Split","SPR","10","",""
"6/10/2024","6/10/2024","6/10/2024","NVDA","Forward Split","SPL","18","",""
"6/3/2024","6/3/2024","6/5/2024","NVDA","NVIDIA","Buy","2","$1,100.00","($2,200.00)"
"6/3/2024","6/3/2024","6/5/2024","TNXP","Tonix","Buy","100","$1.00","($100.00)"
"","","","","","","","",""
"The data provided is for informational purposes only."
"""

FLEX_TRADES = """"Buy/Sell","TradeDate","Symbol","ISIN","AssetClass","Multiplier","Quantity","TradePrice",\
"CurrencyPrimary","Open/CloseIndicator"
"BUY","20230609","VT","US9220427424","STK","1","105","95.42","USD","O"
"SELL","20230612","VT","US9220427424","STK","1","-5","96","USD","C"
"SELL","2023-06-12;093000","GME","US36467W1099","STK","1","-10","25","USD","O"
"SELL","20230612","AAPL  250815P00200000","","OPT","100","-2","8.4","USD","O"
"SELL","20230609","USD.CHF","","CASH","1","-10012","1.10725","USD",""
"BUY","20230609","ESM3","","FUT","50","1","4200","USD","O"
"""

IBKR_POSITIONS = """Statement,Header,Field Name,Field Value
Statement,Data,Title,Activity Statement
Statement,Data,Period,"January 1, 2025 - June 27, 2025"
Open Positions,Header,DataDiscriminator,Asset Category,Currency,Symbol,Open,Quantity,Mult,Cost Price,Cost Basis,Code
Open Positions,Data,Summary,Stocks,USD,AAPL,-,30,1,150.123456789,4503.70,
Open Positions,Data,Lot,Stocks,USD,AAPL,"2023-07-07, 15:39:46",10,,148.504246667,1485.04,ST
Open Positions,Data,Lot,Stocks,USD,AAPL,"2023-02-10, 15:10:44",20,,150.933061726,3018.66,ST
Open Positions,Total,,Stocks,USD,,,,,,4503.70,
Open Positions,Data,Summary,Stocks,USD,BRK B,-,-5,1,400,-2000,
Open Positions,Header,DataDiscriminator,Asset Category,Currency,Symbol,Quantity,Mult,Cost Price,Cost Basis,Code
Open Positions,Data,Summary,Equity and Index Options,USD,AAPL 15AUG25 200 P,-2,100,8.4,-1680,
Open Positions,Data,Summary,Bonds,USD,T 3 02/33,1000,1,99,990,
Trades,Header,DataDiscriminator,Asset Category,Currency,Symbol,Date/Time,Quantity,T. Price,Code
Trades,Data,Order,Stocks,USD,MSFT,"2025-03-15, 10:00:00",10,400,O
"""

IBKR_TRADES = """Statement,Header,Field Name,Field Value
Statement,Data,Title,Activity Statement
Trades,Header,DataDiscriminator,Asset Category,Currency,Symbol,Date/Time,Quantity,T. Price,Proceeds,Code
Trades,Data,Order,Stocks,USD,MSFT,"2025-03-14, 10:00:00","1,000",400,-400000,O;P
Trades,Data,Trade,Stocks,USD,MSFT,"2025-03-14, 10:00:00",500,400,-200000,O;P
Trades,Data,Order,Stocks,USD,MSFT,"2025-03-17, 10:00:00",-300,410,123000,C
Trades,SubTotal,,Stocks,USD,MSFT,,700,,,
Trades,Data,Order,Equity and Index Options,USD,MSFT 21MAR25 380 P,"2025-03-14, 10:00:00",-1,2,200,O
Trades,Data,Order,Equity and Index Options,USD,MSFT 21MAR25 380 P,"2025-03-21, 16:20:00",1,0,0,C;Ep
Trades,Header,DataDiscriminator,Asset Category,Currency,Symbol,Date/Time,Quantity,T. Price,Proceeds,Code
Trades,Data,Order,Forex,USD,EUR.USD,"2025-03-14, 10:00:00",100,1.08,-108,
"""

IBKR_HISTORY = """Statement,Header,Field Name,Field Value
Statement,Data,Title,Transaction History
Summary,Header,Field Name,Field Value
Summary,Data,Base Currency,{base}
Transaction History,Header,Date,Account,Description,Transaction Type,Symbol,Quantity,Price,{price}Gross Amount ,Net
Transaction History,Data,2025-11-03,U***0,VT Cash Dividend,Dividend,VT,-,-,{blank}20.0,20.0
Transaction History,Data,2025-08-15,U***0,VANGUARD,Sell,VT,-2.0,101.00,{usd}202.0,199.0
Transaction History,Data,2025-03-15,U***0,VANGUARD,Buy,VT,4.0,100.0,{usd}-400.0,-403.0
"""


def parse(text: str, as_of: date | None = None) -> ParsedFile:
    return parse_positions(text.encode(), file_name="export.csv", today=TODAY, as_of=as_of)


def closings(parsed: ParsedFile) -> list[tuple[int, str, str | None, str]]:
    """Line of the lot, day, quantity and price of each closing."""
    return [
        (row.line, str(one.exit_date), None if one.quantity is None else str(one.quantity), str(one.exit_price))
        for row in parsed.rows
        for one in row.exits or ()
    ]


def lots(parsed: ParsedFile) -> list[tuple[int, str, str, str, str, str]]:
    assert not parsed.errors, parsed.errors
    return [
        (r.line, r.symbol, r.position_type, str(r.quantity), str(r.entry_price), r.entry_date.isoformat())
        for r in parsed.rows
    ]


def told(parsed: ParsedFile, *parts: str) -> bool:
    return any(all(part in warning for part in parts) for warning in parsed.warnings)


def test_fidelity_positions() -> None:
    parsed = parse(FIDELITY_POSITIONS)
    assert parsed.format == "fidelity_positions"
    assert lots(parsed) == [
        (3, "VOO", "LONG", "10.5", "450", "2025-06-27"),
        (4, "BRK-B", "LONG", "3", "400", "2025-06-27"),
        (5, "AAPL250815P00200000", "SP", "-2", "8.4", "2025-06-27"),
    ]
    assert told(parsed, "2025-06-27", "day of the export", "entry date")
    assert told(parsed, "cash", "line 2")
    assert told(parsed, "bond", "line 6")
    assert told(parsed, "pending activity", "line 7")
    assert told(parsed, "2 accounts")
    assert all(row.tags is None for row in parsed.rows)


def test_the_callers_day_goes_before_the_exports() -> None:
    parsed = parse(FIDELITY_POSITIONS, as_of=date(2025, 6, 30))
    assert {row.entry_date for row in parsed.rows} == {date(2025, 6, 30)}
    assert told(parsed, "given with the import")


def test_fidelity_history() -> None:
    parsed = parse(FIDELITY_HISTORY)
    assert parsed.format == "fidelity_history"
    assert lots(parsed) == [
        (6, "VOO", "LONG", "0.0117", "605.5", "2025-12-19"),
        (8, "VOO260116C00650000", "SC", "-1", "2.5", "2025-12-12"),
        # held to its expiration
        (10, "VOO251205P00500000", "SP", "-1", "1.5", "2025-12-01"),
        (11, "NVDA", "LONG", "5", "180", "2025-11-18"),
        (12, "TSLA", "SHORT", "-2", "400", "2025-11-03"),
        (13, "VOO", "LONG", "10", "600", "2025-11-03"),
    ]
    assert closings(parsed) == [(13, "2025-12-20", "4", "610")]
    assert told(parsed, "dividend received", "line 5")
    assert told(parsed, "money market", "line 7")
    assert told(parsed, "electronic funds", "line 14")


def test_fidelity_statement_needs_a_day() -> None:
    missing = parse(FIDELITY_STATEMENT)
    assert [error.line for error in missing.errors] == [None]
    assert "--as-of" in missing.errors[0].message
    parsed = parse(FIDELITY_STATEMENT, as_of=date(2025, 12, 31))
    assert lots(parsed) == [(8, "VT", "LONG", "200", "140", "2025-12-31")]
    assert told(parsed, "cash", "line 12")
    assert told(parsed, "a total", "9, 13")


def test_schwab_positions() -> None:
    parsed = parse(SCHWAB_POSITIONS)
    assert parsed.format == "schwab_positions"
    assert lots(parsed) == [
        (4, "BRK-B", "LONG", "40", "410", "2025-06-27"),
        (5, "SWPPX", "LONG", "1250.5", "70.02", "2025-06-27"),
        (6, "AAPL250815P00200000", "SP", "-2", "8.4", "2025-06-27"),
    ]
    assert told(parsed, "bond", "line 7")
    assert told(parsed, "cash", "line 8")
    assert told(parsed, "total", "line 9")


def test_schwab_positions_without_a_day_or_a_cost() -> None:
    without_preamble = SCHWAB_POSITIONS.split("\r\n", 2)[2]
    assert "as_of" in parse(without_preamble).errors[0].message
    parsed = parse(SCHWAB_POSITIONS.replace('"$16,400.00"', '"Incomplete"'))
    assert [(e.line, e.column, e.value) for e in parsed.errors] == [(4, "Cost Basis", "Incomplete")]


def test_schwab_transactions() -> None:
    parsed = parse(SCHWAB_TRANSACTIONS)
    assert parsed.format == "schwab_transactions"
    assert lots(parsed) == [
        (4, "AVGO", "LONG", "1", "1680", "2024-06-13"),
        (7, "AAPL250815P00200000", "SP", "-2", "8.4", "2024-06-11"),
        (11, "SCHB", "LONG", "70", "22", "2024-06-09"),
        (12, "GME", "SHORT", "-10", "25", "2024-06-01"),
    ]
    # of the ten that the split made of one
    assert closings(parsed) == [(4, "2024-07-16", "4", "170")]
    assert told(parsed, "money market", "line 5")
    assert told(parsed, "'Cash Dividend'", "line 6")
    assert told(parsed, "closes more than", "line 8")
    assert told(parsed, "'Spin-off'", "line 9")
    assert told(parsed, "'Journaled Shares' took shares away", "line 10")


def test_robinhood_activity() -> None:
    parsed = parse(ROBINHOOD)
    assert parsed.format == "robinhood_activity"
    assert lots(parsed) == [
        (3, "APLD250703C00011000", "SC", "-3", "0.2", "2025-06-25"),
        (4, "APLD250627C00010000", "SC", "-3", "0.23", "2025-06-24"),
        (5, "AAPL", "LONG", "100", "187.4", "2025-06-24"),
        (11, "NVDA", "LONG", "2", "1100", "2024-06-03"),
        (12, "TNXP", "LONG", "100", "1", "2024-06-03"),
    ]
    assert told(parsed, "split of NVDA", "line 10")
    assert told(parsed, "split of TNXP")
    assert told(parsed, "'CDIV'", "line 7")


def test_ibkr_flex_trades() -> None:
    parsed = parse(FLEX_TRADES)
    assert parsed.format == "ibkr_flex_trades"
    assert lots(parsed) == [
        (2, "VT", "LONG", "105", "95.42", "2023-06-09"),
        (4, "GME", "SHORT", "-10", "25", "2023-06-12"),
        (5, "AAPL250815P00200000", "SP", "-2", "8.4", "2023-06-12"),
    ]
    assert closings(parsed) == [(2, "2023-06-12", "5", "96")]
    assert told(parsed, "exchange of currencies", "line 6")
    assert told(parsed, "class FUT", "line 7")


def test_ibkr_flex_trades_without_tickers_or_in_francs() -> None:
    parsed = parse(
        "Buy/Sell,TradeDate,ISIN,Quantity,TradePrice,CurrencyPrimary\n"
        "BUY,20230522,CH0111762537,7,282.7,CHF\nBUY,20230522,US9220427424,95,93.78,USD\nSELL,20230522,,-8000,1.1,USD\n"
    )
    assert [(e.line, e.column) for e in parsed.errors] == [(2, "CurrencyPrimary"), (3, "ISIN")]
    assert "CHF" in parsed.errors[0].message
    assert "Add the field Symbol" in parsed.errors[1].message


def test_ibkr_mini_options_are_refused() -> None:
    parsed = parse(FLEX_TRADES.replace('"OPT","100"', '"OPT","10"'))
    assert [(e.line, e.column, e.value) for e in parsed.errors] == [(5, "Multiplier", "10")]


def test_ibkr_positions_with_and_without_lot_details() -> None:
    parsed = parse(IBKR_POSITIONS)
    assert parsed.format == "ibkr_activity_statement"
    assert sorted(lots(parsed)) == [
        (6, "AAPL", "LONG", "10", "148.50424667", "2023-07-07"),
        (7, "AAPL", "LONG", "20", "150.93306173", "2023-02-10"),
        (9, "BRK-B", "SHORT", "-5", "400", "2025-06-27"),
        (11, "AAPL250815P00200000", "SP", "-2", "8.4", "2025-06-27"),
    ]
    assert all(row.exits is None for row in parsed.rows), "a list of what is held says nothing of closings"
    assert told(parsed, "Bonds", "line 12")
    assert told(parsed, "2025-06-27")


def test_ibkr_trades() -> None:
    parsed = parse(IBKR_TRADES)
    assert lots(parsed) == [
        (4, "MSFT", "LONG", "1000", "400", "2025-03-14"),
        (8, "MSFT250321P00380000", "SP", "-1", "2", "2025-03-14"),
    ]
    assert closings(parsed) == [(4, "2025-03-17", "300", "410")]
    assert told(parsed, "Forex", "line 11")


@pytest.mark.parametrize(("base", "with_column"), [("USD", False), ("GBP", True)])
def test_ibkr_transaction_history(base: str, with_column: bool) -> None:
    columns = {"price": "Price Currency,", "blank": "-,", "usd": "USD,"} if with_column else {}
    text = IBKR_HISTORY.format(base=base, **{"price": "", "blank": "", "usd": "", **columns})
    assert lots(parse(text)) == [(8, "VT", "LONG", "4", "100", "2025-03-15")]
    assert closings(parse(text)) == [(8, "2025-08-15", "2", "101")]


def test_ibkr_transaction_history_in_pounds() -> None:
    parsed = parse(IBKR_HISTORY.format(base="GBP", price="", blank="", usd=""))
    assert [(e.line, e.column, e.value) for e in parsed.errors] == [
        (7, "Base Currency", "GBP"),
        (8, "Base Currency", "GBP"),
    ]


def test_a_history_that_ends_flat_is_lots_that_were_closed() -> None:
    parsed = parse(IBKR_HISTORY.format(base="USD", price="", blank="", usd="").replace("-2.0", "-4.0"))
    assert lots(parsed) == [(8, "VT", "LONG", "4", "100", "2025-03-15")]
    assert closings(parsed) == [(8, "2025-08-15", None, "101")]


def test_a_history_without_a_purchase_closes_nothing_by_accident() -> None:
    text = IBKR_HISTORY.format(base="USD", price="", blank="", usd="")
    parsed = parse("\n".join(line for line in text.splitlines() if ",VANGUARD," not in line))
    assert not parsed.rows
    assert "still open" in parsed.errors[0].message


def test_a_closing_without_a_usable_price_is_an_error() -> None:
    text = SCHWAB_TRANSACTIONS.replace('"Sell to Open"', '"Buy to Close"')
    assert not parse(text).errors
    for price in ("", "free", "-8.40"):
        (error,) = parse(text.replace('"$8.40"', f'"{price}"')).errors
        assert (error.line, error.column, error.value) == (7, "Price", price)


def test_a_duplicate_header_is_refused() -> None:
    parsed = parse(SCHWAB_POSITIONS.replace('"Price"', '"Cost Basis"'))
    assert parsed.errors[0].line == 3
    assert "same header" in parsed.errors[0].message


def test_numbers_of_brokers_are_exact() -> None:
    row = parse(SCHWAB_POSITIONS).rows[1]
    assert row.quantity == Decimal("1250.5")


def test_a_row_whose_cells_have_moved_is_refused() -> None:
    parsed = parse(ROBINHOOD.replace('"$1,100.00","($2,200.00)"', "$1,100.00,$2,200.00"))
    assert [error.line for error in parsed.errors] == [11]
    assert "in quotes" in parsed.errors[0].message
