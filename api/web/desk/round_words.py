"""Words for what paper rounds are made of: their states, what columns hold, what is asked, why something matches."""

from api.web.language import mark

ROUND_STATES = {
    "reading": mark("to be read"),
    "matched": mark("to be decided"),
    "signed_off": mark("signed off"),
    "abandoned": mark("abandoned"),
}
FIELDS = {
    "provider": mark("giver"),
    "receiver": mark("receiver"),
    "service_on": mark("day"),
    "duration": mark("how long"),
    "minutes": mark("minutes beside the hours"),
    "from_time": mark("from"),
    "to_time": mark("to"),
    "activity": mark("kind of care"),
    "note": mark("note"),
    "reference": mark("number of the line"),
    "balance": mark("balance"),
}
"""What a column may hold."""

DATE_ORDERS = {
    "dmy": mark("day, month, year: 31/12/2026"),
    "mdy": mark("month, day, year: 12/31/2026"),
    "ymd": mark("year, month, day: 2026/12/31"),
}
DECIMALS = {
    "comma": mark("a comma: 1,5"),
    "point": mark("a point: 1.5"),
    "minutes": mark("minutes: 1.30 is an hour and a half"),
}
UNITS = {
    "hours": mark("hours"),
    "minutes": mark("minutes"),
    "seconds": mark("seconds"),
}
ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-16": "UTF-16",
    "cp1252": mark("Western European (Windows)"),
    "iso-8859-15": mark("Western European (ISO)"),
    "cp932": mark("Japanese (Shift JIS)"),
    "euc_jp": mark("Japanese (EUC)"),
}
DELIMITERS = {
    ",": mark("commas"),
    ";": mark("semicolons"),
    "\t": mark("tabs"),
    "|": mark("upright strokes"),
}
ASKS = {
    "date_order": mark("In which order are the dates written? They can be read in two ways."),
    "decimal": mark("What parts the whole hours from the rest? Both a comma and a point would do."),
    "unit": mark("What does a bare number count? Hours, or minutes?"),
    "duration": mark("Some lengths can be read in two ways. Say how numbers are meant."),
    "header": mark("On which line is the header? Leave it empty where there is none."),
    "columns": mark("One of these is missing: giver, receiver, day, how long."),
}
"""What must be said before a round can be matched; any other is the name of a column."""

GRADES = {
    "exact": mark("exact"),
    "probable": mark("probable"),
    "none": mark("nothing found"),
}
REASONS = {
    "agrees": mark("people, day and length agree"),
    "one_line_several_records": mark("one line, several records"),
    "several_lines_one_record": mark("several lines, one record"),
    "duration_off": mark("the length differs"),
    "day_off": mark("the day differs"),
    "people_swapped": mark("giver and receiver are swapped"),
    "name_unsure": mark("a name is written differently"),
    "name_part": mark("only a part of a name is written, and one person here has it"),
    "provider_unknown": mark("nobody is called as the giver is"),
    "receiver_unknown": mark("nobody is called as the receiver is"),
    "provider_ambiguous": mark("several members are called as the giver is"),
    "receiver_ambiguous": mark("several members are called as the receiver is"),
    "provider_several": mark("two givers stand on one line: split it, or say whom it means"),
    "receiver_several": mark("two receivers stand on one line: split it, or say whom it means"),
    "same_person": mark("giver and receiver are one person"),
    "no_record": mark("nothing is recorded between the two in those days"),
    "records_taken": mark("what is recorded fits another line better"),
    "records_differ": mark("what is recorded differs too much"),
    "unread": mark("the line cannot be read"),
}
"""Why a line matches, or does not."""

PROBLEMS = {
    "cells_many": mark("The line has more cells than the first line of the list."),
    "empty": mark("The cell is empty, and every visit needs it."),
    "date_invalid": mark("This is not a day of the calendar."),
    "date_ambiguous": mark("The date can be read in two ways."),
    "time_invalid": mark("This is not a time of day."),
    "times_equal": mark("The visit ends when it begins."),
    "times_disagree": mark("The length of the visit is not what lies between its two times."),
    "duration_invalid": mark("This is not a length of time."),
    "duration_ambiguous": mark("The number can be read in two ways."),
    "duration_not_whole": mark("This is no whole number of seconds."),
    "hours_not_whole": mark("Minutes stand beside these hours, which are no whole number themselves."),
    "minutes_invalid": mark("Beside hours stand whole minutes, from 0 to 59."),
    "duration_zero": mark("No time is written."),
    "duration_too_long": mark("A visit takes at most 24 hours."),
    "balance_too_large": mark("This is more than any account can hold."),
}
"""Why a line cannot be read."""

LINE_STATES = {
    "undecided": mark("to be decided"),
    "deciding": mark("being decided"),
    "decided": mark("decided"),
}
DEEDS = {
    "accept": mark("accepted"),
    "correct": mark("corrected"),
    "create": mark("logged"),
    "dispute": mark("disputed"),
    "set_aside": mark("set aside"),
}
"""What was decided about a line."""
