"""What paper says, held against what the ledger says. Pure: no IO, no clock."""
