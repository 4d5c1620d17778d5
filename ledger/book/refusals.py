"""Every reasoned no, in the order in which `decide` looks for it.

The order is published: when several apply, the caller hears the first. A refusal changes nothing except that
it is remembered, so the same id gets the same answer.
"""

from enum import Enum


class Refusal(Enum):
    """(name, what is wrong, what to do next). The name is stable; it is the problem type callers match on."""

    ID_REUSED = (
        "id_reused",
        "This id was used before, for something else.",
        "Use a new id for a new request; repeat a request unchanged to hear its answer again.",
    )
    TOO_FEW_ENTRIES = (
        "too_few_entries",
        "A transfer needs at least two entries.",
        "Name the account that gives and the account that receives.",
    )
    TOO_MANY_ENTRIES = (
        "too_many_entries",
        "A transfer has at most 100 entries.",
        "Split it into several transfers.",
    )
    SECONDS_OUT_OF_RANGE = (
        "seconds_out_of_range",
        "The seconds must be whole, not zero, and at most 600,000,000 either way.",
        "Check the unit: 1 hour is 3600 seconds.",
    )
    ACCOUNT_REPEATED = (
        "account_repeated",
        "The same account stands in two entries of one transfer.",
        "Give each account one entry with the sum of its seconds.",
    )
    UNBALANCED = (
        "unbalanced",
        "The seconds of a transfer's entries must sum to zero.",
        "What one side gains, the other side gives: check the signs and the sums.",
    )
    SERVICE_DATE_IN_FUTURE = (
        "service_date_in_future",
        "The care was given on a day that has not come yet.",
        "Check the date; post the transfer on the day or after it.",
    )
    PERIOD_CLOSED = (
        "period_closed",
        "The day lies in a period that is closed.",
        "Use a later service date, or ask a co-ordinator about the closed period.",
    )
    TRANSFER_UNKNOWN = (
        "transfer_unknown",
        "There is no such transfer in this community.",
        "Check the id of the transfer to reverse.",
    )
    TRANSFER_IS_REVERSAL = (
        "transfer_is_reversal",
        "A reversal is not itself reversed.",
        "Post a new transfer with the right seconds.",
    )
    ALREADY_REVERSED = (
        "already_reversed",
        "This transfer has been reversed before.",
        "Nothing is left to undo; look at the earlier reversal.",
    )
    ACCOUNT_UNKNOWN = (
        "account_unknown",
        "There is no such account in this community.",
        "Check the account id, or open the account first.",
    )
    ACCOUNT_CLOSED = (
        "account_closed",
        "The account is closed.",
        "Use another account of this person, or ask a co-ordinator.",
    )
    LIMITS_CHANGED = (
        "limits_changed",
        "Somebody else changed the limits of this account in the meantime.",
        "Read the account again and decide anew.",
    )
    CODE_TAKEN = (
        "code_taken",
        "Another account of this community has this code.",
        "Choose another code.",
    )
    PEER_REQUIRED = (
        "peer_required",
        "A clearing account, and only a clearing account, names the other community.",
        "Give the peer's slug for a clearing account and leave it out otherwise.",
    )
    LIMITS_INVALID = (
        "limits_invalid",
        "The floor is at most zero and the ceiling at least zero; only issuance and difference may have no floor.",
        "Correct the floor and the ceiling.",
    )
    LIMITS_EXCLUDE_BALANCE = (
        "limits_exclude_balance",
        "The account already stands outside these limits.",
        "Choose limits that contain the present balance less its holds, or post transfers first.",
    )
    EXPIRY_OUT_OF_RANGE = (
        "expiry_out_of_range",
        "A hold must expire in the future, within two years.",
        "Choose a later, or an earlier, moment.",
    )
    HOLD_UNKNOWN = (
        "hold_unknown",
        "There is no such hold in this community.",
        "Check the id of the hold.",
    )
    HOLD_RESOLVED = (
        "hold_resolved",
        "This hold has been settled or voided before.",
        "Nothing is held any more; post a transfer without a hold if one is due.",
    )
    HOLD_EXPIRED = (
        "hold_expired",
        "This hold's deadline has passed.",
        "Its seconds are free again; post a transfer without a hold, or place a new hold.",
    )
    HOLD_EXCEEDED = (
        "hold_exceeded",
        "A settling transfer takes seconds from the held account: more than zero, at most what is held.",
        "Settle at most the held seconds and post the rest as a transfer of its own.",
    )
    ACCOUNT_NOT_EMPTY = (
        "account_not_empty",
        "Only an account that stands at zero with nothing held can be closed.",
        "Move its balance and resolve its holds first.",
    )
    BELOW_FLOOR = (
        "below_floor",
        "The account does not have enough available seconds.",
        "Lower the seconds, wait for credits, or ask a co-ordinator about the floor or a pot.",
    )
    ABOVE_CEILING = (
        "above_ceiling",
        "The account would rise above its ceiling.",
        "Give the seconds to a pot or to somebody else, or ask a co-ordinator about the ceiling.",
    )

    # About people: where several apply, the first that is met.
    ENDED_MEANWHILE = (
        "ended_meanwhile",
        "Your session, your role or your share in the account has ended in the meantime.",
        "Sign in again and look at what you may do now.",
    )
    MEMBER_UNKNOWN = (
        "member_unknown",
        "There is no such member in this community.",
        "Check the member's id; it is shown in the list of members.",
    )
    MEMBER_GONE = (
        "member_gone",
        "This member has left or died.",
        "Choose a member who belongs to the community, or give this one another status first.",
    )
    MEMBER_CHANGED = (
        "member_changed",
        "Somebody else changed this member in the meantime.",
        "Read the member again and decide anew.",
    )
    NAME_ALIKE = (
        "name_alike",
        "Another member's name looks the same as this one.",
        "Make sure it is not the same person; then add something that tells them apart, or send `even_if_alike`.",
    )
    DATES_REVERSED = (
        "dates_reversed",
        "The last day lies before the first.",
        "Correct the dates.",
    )
    OWN_AFFAIR = (
        "own_affair",
        "Nobody decides this about themselves, their relatives, or those they act for.",
        "Ask another co-ordinator.",
    )
    SECOND_PERSON_NEEDED = (
        "second_person_needed",
        "This needs the approval of a second person.",
        "Propose it at `/proposals`; another co-ordinator or an administrator approves it there.",
    )
    ROLE_TAKEN = (
        "role_taken",
        "The member has a role already.",
        "End that role first: a member has one at a time.",
    )
    ROLE_UNKNOWN = (
        "role_unknown",
        "The member does not have this role.",
        "Look at the member's role again.",
    )
    LAST_COORDINATOR = (
        "last_coordinator",
        "Without this person nobody would be co-ordinator.",
        "Appoint another co-ordinator first.",
    )
    PROPOSAL_UNKNOWN = (
        "proposal_unknown",
        "There is no such proposal in this community, or it was for something else.",
        "Check the proposal's id and what it says.",
    )
    PROPOSAL_DECIDED = (
        "proposal_decided",
        "This proposal was decided before.",
        "Look at its outcome; propose it anew if it is still wanted.",
    )
    PROPOSAL_EXPIRED = (
        "proposal_expired",
        "This proposal was not decided in time.",
        "Propose it anew.",
    )
    PROPOSER_CANNOT_APPROVE = (
        "proposer_cannot_approve",
        "Whoever proposes something does not approve it.",
        "Ask another co-ordinator or an administrator.",
    )
    CARD_UNKNOWN = (
        "card_unknown",
        "There is no such card that could still be used.",
        "Look at the member's cards again.",
    )
    TOKEN_UNKNOWN = (
        "token_unknown",
        "There is no such token that is still valid.",
        "Look at the list of tokens again.",
    )
    PASSKEY_TAKEN = (
        "passkey_taken",
        "This passkey is registered already.",
        "Sign in with it, or register another one.",
    )
    PASSKEY_UNKNOWN = (
        "passkey_unknown",
        "There is no such passkey of yours.",
        "Look at your passkeys again.",
    )
    LAST_PASSKEY = (
        "last_passkey",
        "Your role needs a passkey, and this is your last one.",
        "Register another passkey first.",
    )
    DELEGATION_UNKNOWN = (
        "delegation_unknown",
        "There is no such delegation in this community.",
        "Look at the member's delegates again.",
    )
    DELEGATION_ENDED = (
        "delegation_ended",
        "This delegation has ended.",
        "Give a new one if it is still wanted.",
    )
    DELEGATE_IS_SELF = (
        "delegate_is_self",
        "Nobody is their own delegate.",
        "Name another member as the delegate.",
    )
    CAP_REQUIRED = (
        "cap_required",
        "A delegate who may spend has a monthly cap, and only such a delegate.",
        "Give `monthly_cap` in seconds together with the scope `spend`.",
    )
    NOT_FRAIL = (
        "not_frail",
        "Only the member can name this delegate.",
        "Let the member do it, or record first that the member is frail.",
    )
    OVER_DELEGATE_CAP = (
        "over_delegate_cap",
        "This is more than the delegate may still spend this month.",
        "Spend less, wait for the next month, or ask the member for a higher cap.",
    )
    HOLDER_KNOWN = (
        "holder_known",
        "The member holds this account already.",
        "Nothing is left to do.",
    )
    HOLDER_UNKNOWN = (
        "holder_unknown",
        "The member does not hold this account.",
        "Look at the account's holders again.",
    )
    NOT_A_HOUSEHOLD = (
        "not_a_household",
        "Only a household's account has several holders.",
        "Open an account of the kind `household`.",
    )
    STILL_A_MEMBER = (
        "still_a_member",
        "Only somebody who has left or died, and whose own accounts are closed, can be erased.",
        "Record that the member has left and close their accounts first.",
    )
    ALREADY_ERASED = (
        "already_erased",
        "This person was erased before.",
        "Nothing is left to erase.",
    )
    ACTIVITY_UNKNOWN = (
        "activity_unknown",
        "The policy has no such activity.",
        "Choose one of the activities in the community's policy.",
    )
    OWN_CLAIM = (
        "own_claim",
        "Nobody gives care to themselves.",
        "Name the person who received the care.",
    )
    OWN_HOUSEHOLD = (
        "own_household",
        "The two share a household's account, so no time changes hands.",
        "Care within a household is not banked; name somebody else, if it was for them.",
    )
    NO_ACCOUNT = (
        "no_account",
        "The member has no open account.",
        "Ask a co-ordinator to open one.",
    )
    LONGER_THAN_A_DAY = (
        "longer_than_a_day",
        "A day has 24 hours, and more would be claimed for this one.",
        "Check the length, and what else was logged for that day.",
    )
    CLAIM_IN_FUTURE = (
        "claim_in_future",
        "The visit has not happened yet.",
        "Log it once it is over; check the day and the times.",
    )
    CLAIM_TOO_OLD = (
        "claim_too_old",
        "The visit was too long ago to be logged.",
        "Ask a co-ordinator, who can log it for you.",
    )
    BEFORE_JOINING = (
        "before_joining",
        "One of the two was not a member yet on that day.",
        "Check the day; hours count from the day somebody joined.",
    )
    AFTER_LEAVING = (
        "after_leaving",
        "One of the two was no longer a member on that day.",
        "Check the person and the day.",
    )
    ACROSS_MIDNIGHT = (
        "across_midnight",
        "The visit ends on another day than it began.",
        "Log a claim for each day; leave the times out of the one that ends at midnight.",
    )
    CLOCK_CHANGED = (
        "clock_changed",
        "The clocks were changed during the visit, so its times do not say how long it was.",
        "Leave the times out and give the length alone.",
    )
    TIMES_DISAGREE = (
        "times_disagree",
        "The length is not the time from the beginning to the end.",
        "Correct the times or the length, or leave the times out.",
    )
    OVER_DAILY_CAP = (
        "over_daily_cap",
        "With this, the volunteer would earn more than a day may bring.",
        "Shorten the claim, or ask a co-ordinator about the cap.",
    )
    OVER_WEEKLY_CAP = (
        "over_weekly_cap",
        "With this, the volunteer would earn more than a week may bring.",
        "Shorten the claim, or ask a co-ordinator about the cap.",
    )
    OVER_LIFETIME_CAP = (
        "over_lifetime_cap",
        "With this, the volunteer would earn more than anybody may in all.",
        "Give the time without credits, or ask a co-ordinator about the cap.",
    )
    CLAIM_UNKNOWN = (
        "claim_unknown",
        "There is no such claim in this community.",
        "Check the claim's id; send what was logged offline before what follows on it.",
    )
    CLAIM_DECIDED = (
        "claim_decided",
        "The claim does not wait for this any more.",
        "Look at the claim again; dispute it if it is wrong.",
    )
    OWN_HOURS = (
        "own_hours",
        "Nobody confirms their own hours.",
        "Wait for the receiver, their delegate or a co-ordinator.",
    )
    NOBODY_PAYS = (
        "nobody_pays",
        "Nobody who pays for care here has enough available seconds for this claim.",
        "Ask a co-ordinator about a pot, or wait for credits and confirm again.",
    )
    DISPUTE_UNKNOWN = (
        "dispute_unknown",
        "There is no such dispute in this community.",
        "Look at the claim again.",
    )
    DISPUTE_DECIDED = (
        "dispute_decided",
        "This dispute has its outcome.",
        "Look at the outcome; a co-ordinator can still correct the books.",
    )
    DISPUTE_TOO_LATE = (
        "dispute_too_late",
        "The time in which this could be disputed is over.",
        "Talk to a co-ordinator, who can still correct the books.",
    )
    CORRECTION_SAME = (
        "correction_same",
        "The correction says the same as the claim.",
        "Give the length it really was, or uphold the claim.",
    )
    CARE_REQUEST_UNKNOWN = (
        "care_request_unknown",
        "There is no such request for care in this community.",
        "Look at the list of requests again.",
    )
    CARE_REQUEST_IN_PAST = (
        "care_request_in_past",
        "Care is asked for from today on, at most a year ahead.",
        "Check the day; log care that was given already as a claim.",
    )
    CARE_REQUEST_TAKEN = (
        "care_request_taken",
        "Somebody has taken this request already.",
        "Look for another one that is open.",
    )
    CARE_REQUEST_CLOSED = (
        "care_request_closed",
        "This request was settled or cancelled before.",
        "Ask anew if care is still wanted.",
    )
    CARE_REQUEST_EXPIRED = (
        "care_request_expired",
        "This request has expired, and what it held is free again.",
        "Ask anew if care is still wanted; log a visit that took place without naming the request.",
    )
    CARE_REQUEST_DIFFERS = (
        "care_request_differs",
        "The claim does not say what the request it names asked for.",
        "Name the receiver and the activity of the request, and let whoever took it log the visit.",
    )
    CLEARANCE_NEEDED = (
        "clearance_needed",
        "This activity needs a clearance the volunteer does not have, or not any more.",
        "Ask a co-ordinator to record it.",
    )
    CLEARANCE_UNKNOWN = (
        "clearance_unknown",
        "There is no such clearance in this community.",
        "Look at the member's clearances again.",
    )
    CLEARANCE_REVOKED = (
        "clearance_revoked",
        "This clearance was revoked before.",
        "Nothing is left to do; record a new one if there is one.",
    )
    GIFT_NOT_ALLOWED = (
        "gift_not_allowed",
        "The policy does not let credits go to this account.",
        "Give to a relative the policy names, or to a pot; ask a co-ordinator to record the relation.",
    )
    NOT_A_POT = (
        "not_a_pot",
        "This account is not a pot.",
        "Name the account of a pot.",
    )
    OVER_POT_BUDGET = (
        "over_pot_budget",
        "The pot may not give that much this month.",
        "Wait for the next month, or change the pot's rule with a second person.",
    )
    NOT_ELIGIBLE = (
        "not_eligible",
        "The pot's rule is not for this member.",
        "Choose another pot, or record first what the rule asks for.",
    )
    POLICY_INVALID = (
        "policy_invalid",
        "The policy cannot be read.",
        "Check it with `carehours policy check`, or with `dry_run`: every mistake is named with its place.",
    )
    POLICY_IN_PAST = (
        "policy_in_past",
        "A policy is in force from today on, or from a later day.",
        "Choose today or a later day: what was done under the old rules stays.",
    )
    POLICY_UNCHANGED = (
        "policy_unchanged",
        "The policy says what the one in force says.",
        "Nothing is left to do.",
    )
    PERIOD_NOT_OVER = (
        "period_not_over",
        "The period has not ended yet.",
        "Close it once its last day is over.",
    )
    MEMBER_PRESENT = (
        "member_present",
        "The member belongs to the community still.",
        "Record first that they have left or died.",
    )
    HEIR_REFUSED = (
        "heir_refused",
        "The policy does not let the credits pass to this member.",
        "Choose a relative on record, or let them lapse to the pot.",
    )
    OVERLAP_UNKNOWN = (
        "overlap_unknown",
        "Nothing waits to be looked at that this claim overlapped when it was logged.",
        "Look at the list of overlapping claims again: of two that overlap, the later one stands on it.",
    )
    TASK_UNKNOWN = (
        "task_unknown",
        "There is no such task, or it is done.",
        "Look at the list of tasks again.",
    )
    CARE_REQUEST_VISITED = (
        "care_request_visited",
        "A visit was logged for this request, and waits to be confirmed.",
        "Confirm, decline or withdraw that claim first.",
    )
    CLAIMS_WAITING = (
        "claims_waiting",
        "Hours this member gave or received wait for an answer still.",
        "Confirm, decline or withdraw these claims, or decide their disputes: later nobody could pay them.",
    )
    AUDIT_RUNNING = (
        "audit_running",
        "This community is being audited just now.",
        "Follow the audit that is going on; start another when it has ended.",
    )
    DAY_NOT_OVER = (
        "day_not_over",
        "The day is not over yet.",
        "Say what the account stood at when an earlier day was over.",
    )
    ASSERTION_STANDS = (
        "assertion_stands",
        "This was asserted before, from the same kind of source.",
        "Look at the earlier assertion; withdraw it first if it was a mistake.",
    )
    ASSERTION_UNKNOWN = (
        "assertion_unknown",
        "There is no such assertion in this community.",
        "Look at the list of assertions again.",
    )
    ASSERTION_WITHDRAWN = (
        "assertion_withdrawn",
        "This assertion was withdrawn before.",
        "Nothing is left to take back.",
    )
    ROUND_UNKNOWN = (
        "round_unknown",
        "There is no such paper round in this community.",
        "Look at the list of rounds again.",
    )
    ROUND_CHANGED = (
        "round_changed",
        "Somebody else changed this round in the meantime.",
        "Read the round again and decide anew.",
    )
    ROUND_ENDED = (
        "round_ended",
        "This round is signed off or abandoned, and stays as it is.",
        "Correct what is wrong where it stands: dispute the claim, or begin a new round.",
    )
    ROUND_TOO_LONG = (
        "round_too_long",
        "A round holds at most 20,000 lines, and its file at most 8 MiB.",
        "Split the list, by month for example.",
    )
    TOO_MANY_ROUNDS = (
        "too_many_rounds",
        "Too many rounds are open.",
        "Sign off or abandon some of them first.",
    )
    ROUND_UNANSWERED = (
        "round_unanswered",
        "Something on this paper can be read in two ways, and nobody has said which is meant.",
        "Look at the preview and answer what it asks, such as whether the day or the month comes first.",
    )
    ROUND_BEGUN = (
        "round_begun",
        "Lines of this round are decided already.",
        "Undo these decisions first, or go on with the round as it was read.",
    )
    ROUND_FILE_GONE = (
        "round_file_gone",
        "The file of this round is not kept any more, so it cannot be read again.",
        "Go on with the lines as they were read, or begin a new round with the file.",
    )
    ROUND_UNMATCHED = (
        "round_unmatched",
        "This round has not been matched.",
        "Match it first, with `POST /rounds/{id}/matching`.",
    )
    MATCHING_RUNNING = (
        "matching_running",
        "A round of this community is being matched just now.",
        "Follow the matching that is going on; start another when it has ended.",
    )
    LINE_UNKNOWN = (
        "line_unknown",
        "There is no such line in this round.",
        "Look at the lines of the round again.",
    )
    LINE_DECIDED = (
        "line_decided",
        "This line is decided already.",
        "Look at what was decided; undo it first if it is wrong.",
    )
    LINE_UNDECIDED = (
        "line_undecided",
        "Nothing was decided about this line.",
        "Nothing is left to undo.",
    )
    LINE_UNMATCHED = (
        "line_unmatched",
        "Nothing in the ledger goes with this line.",
        "Name the claim it means, create the missing claim, or set the line aside.",
    )
    LINE_MATCHED = (
        "line_matched",
        "A claim of this line is in the ledger already.",
        "Accept or correct that claim, or say `even_if_matched` when the visit took place twice.",
    )
    LINE_INCOMPLETE = (
        "line_incomplete",
        "The line does not say all that this needs.",
        "Name the people, the activity, the day and the length that are missing.",
    )
    RECORD_UNFIT = (
        "record_unfit",
        "What is named cannot stand for this line.",
        "Name claims between the same two people; a transfer, and several claims, are only accepted.",
    )
    DECISION_STANDS = (
        "decision_stands",
        "What this decision did cannot be taken back here.",
        "Dispute the claim: what was paid is undone by the outcome, on the record.",
    )
    LINES_UNDECIDED = (
        "lines_undecided",
        "Lines of this round are not decided yet.",
        "Decide each of them, or set it aside with a reason.",
    )
    NO_STATEMENTS = (
        "no_statements",
        "An account of this kind has no statements.",
        "Choose the account of a member, a household or a pot.",
    )
    STATEMENT_TOO_EARLY = (
        "statement_too_early",
        "The period is not over yet.",
        "Choose an earlier last day: nobody knows yet what will be recorded.",
    )
    STATEMENT_TOO_LONG = (
        "statement_too_long",
        "There are more than 5,000 entries in this period.",
        "Choose a shorter period: statements of periods that follow on each other join.",
    )
    STATEMENTS_RUNNING = (
        "statements_running",
        "Statements are being made for this community just now.",
        "Follow the run that is going on; start another when it has ended.",
    )
    PERIOD_NOT_READY = (
        "period_not_ready",
        "Something of this period is still open.",
        "Look at its checklist: finish what is open, or say what may stay open, and why.",
    )
    BOOKS_NOT_IN_ORDER = (
        "books_not_in_order",
        "The books do not balance, or the last audit found something.",
        "Close nothing before it is settled: read the audit's findings, and call whoever runs the service.",
    )
    PERIOD_NOT_NEWEST = (
        "period_not_newest",
        "Only the newest period that is closed can be opened again.",
        "Look at the list of periods; open the newer ones first.",
    )
    WELL_BEING_EARLY = (
        "well_being_early",
        "The visit is not confirmed.",
        "Say how it was once it is.",
    )
    WELL_BEING_LATE = (
        "well_being_late",
        "The time in which this could be said or changed is over.",
        "Say it about a later visit; talk to a co-ordinator when something was wrong.",
    )
    WELL_BEING_SAID = (
        "well_being_said",
        "They have said themselves how this visit was.",
        "Leave it as they said it.",
    )
    REPORT_TEXT_CHANGED = (
        "report_text_changed",
        "Somebody else changed the text of this report in the meantime.",
        "Read it again, and put what you wrote into it.",
    )
    EVIDENCE_RUNNING = (
        "evidence_running",
        "An evidence pack is being made for this community just now.",
        "Follow the one that is going on; start another when it has ended.",
    )
    EVIDENCE_UNKNOWN = (
        "evidence_unknown",
        "There is no such evidence pack in this community.",
        "Look at the list of packs again.",
    )
    EVIDENCE_DIFFERS = (
        "evidence_differs",
        "What was recorded then does not give the pack that was signed.",
        "Trust the copy that was kept; start an audit, and call whoever runs the service.",
    )
    IMPORT_RUNNING = (
        "import_running",
        "A file is being looked at, posted or taken back for this community just now.",
        "Follow what is going on; go on when it has ended.",
    )
    IMPORT_UNFINISHED = (
        "import_unfinished",
        "An import was begun and is only half in, or half taken back.",
        "Finish it first: post it again, or undo it; both go on where they stopped.",
    )
    IMPORTS_WAITING = (
        "imports_waiting",
        "As many files wait to be posted as there is room for.",
        "Post or give up one of them first.",
    )
    IMPORT_NOT_READY = (
        "import_not_ready",
        "This import does not wait to be posted: it has mistakes, is still looked at, or was decided before.",
        "Look at its report.",
    )
    IMPORT_NOT_POSTED = (
        "import_not_posted",
        "This import is not in the books, so there is nothing to undo.",
        "Look at its state.",
    )
    IMPORT_IN_USE = (
        "import_in_use",
        "Hours that this import brought have been used since; without them an account would pass its limit.",
        "Look at which accounts are in the way; correct them one by one, or leave the import as it is.",
    )
    EXPORT_RUNNING = (
        "export_running",
        "A file of this community is being exported just now.",
        "Follow the export that is going on; start another when it has ended.",
    )
    LINE_OF_ONE = (
        "line_of_one",
        "No two members stand together where this line is to be split.",
        "Say whom the name means instead.",
    )

    def __init__(self, code: str, says: str, remedy: str) -> None:
        self.code = code
        self.says = says
        self.remedy = remedy


BY_CODE = {refusal.code: refusal for refusal in Refusal}
