"""Double entry: accounts, transfers, holds, and the rules by which they change."""
