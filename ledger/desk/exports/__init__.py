"""What leaves the books, and comes back: everything, always.

`lists` are tables for a spreadsheet. `community` writes a whole community as one zip, whose tables `tables` names, and
`taking_in` takes it in elsewhere after `opening` has looked at all of it. `bundle` is what an auditor checks with
`verify_bundle` on any machine. `exporting` does any of them in the background of a service, in a process of its own;
`moving` says that a community goes on elsewhere. `archive` writes zips.
"""
