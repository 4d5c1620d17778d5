"""What can be proved without trusting us: receipts, the Merkle log they stand in, and the keys that sign both.

Bytes in, bytes or an error out. Only `keys` touches files; nothing here knows the database or HTTP.
"""
