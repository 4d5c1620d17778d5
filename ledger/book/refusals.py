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

    def __init__(self, code: str, says: str, remedy: str) -> None:
        self.code = code
        self.says = says
        self.remedy = remedy


BY_CODE = {refusal.code: refusal for refusal in Refusal}
