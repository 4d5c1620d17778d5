"""Which tables a community's zip holds. A table that is in neither list fails a test."""

EXPORTED = (
    # Those that others refer to come first.
    "account", "account_name", "account_secret", "balance", "account_limits",
    "transfer", "transfer_note", "transfer_author", "entry",
    "hold", "hold_resolution", "open_hold", "request",
    "log_leaf", "log_node", "log_head", "checkpoint", "event",
    "member", "person", "member_class", "account_holder", "relative", "member_role",
    "delegation", "delegation_month", "proposal", "proposal_decision", "proposal_note", "proposal_use", "adjustment",
    # Only what the log attests of them is kept, a public key or a hash over 256 random bits, and the audit misses them.
    "passkey", "api_token",
    "policy", "claim", "open_claim", "claim_note", "claim_event", "claim_reason", "claim_overlap", "earned_total",
    "dispute", "dispute_statement", "care_request", "care_request_note", "care_request_event",
    "pot_rule", "pot_month", "clearance", "task",
    "closed_period", "period_reopening", "period_balance", "period_node", "period_reason",
    "import_file", "import_line", "import_run", "import_upload", "import_opening", "import_limit", "import_match",
    "paper_round", "paper_file", "paper_line", "paper_match", "paper_decision", "paper_reason", "paper_reading",
    "paper_name",
    "balance_assertion", "assertion_note",
    "statement_wish", "statement_sent",
    "well_being", "social_target", "social_text", "social_pack",
)  # fmt: skip
"""Every row of the community goes along, all columns but its number here and what the database derives by itself."""

LEFT_OUT = {
    "community": "its one row is in the manifest",
    "card": "a card's code can be guessed from its hash; new cards are printed",
    "session": "people sign in anew",
    "challenge": "good for five minutes, in one browser",
    "mail_code": "good for some minutes, in one browser",
    "work": "how far this service's own work is",
    "statement_run": "runs of this service, whose files are on its disk",
    "rate_limit": "counts of this service, of all communities",
    "start_link": "founds the first community of this service",
    "alembic_version": "the schema's revision is in the manifest",
}
"""What stays, and why."""
