"""Moving in: what another system exports becomes members, accounts and transfers, each traceable to its line.

files.py        a file or a zip of several, unpacked within bounds
shape.py        the one shape every reader gives: members, transfers, parties
formats.py      the formats, by name; each has a reader of its own beside it
spool.py        the rows of an import on disk while it is planned, so that memory does not grow with them
standing.py     how the community stands before an import, read at one moment
identities.py   who is who, and the ids that are the same from export to export
planning.py     how the community gets from where it stands to the export
checking.py     the rules, run over the whole plan before anything is written
report.py       the control totals, and what is compared
problems.py     what can be wrong with a file
running.py      a dry run; and posting, in chunks that can be interrupted anywhere and repeated
undo_plan.py    what undoing an import would do
undoing.py      a whole import reversed
uploads.py      files that wait in a service until a second person posts them
postings.py     posting and undoing in the background of a service
interrupted.py  what becomes of what stopped half-way
"""
