"""Social accounting: what a co-op does for whom, in numbers that each lead to the entries behind them."""
