"""Paper rounds: what came on paper, held against the ledger line by line, decided by people, and signed off.

A round is one file, or one pile that was typed. `taking_in` keeps it, `reading` says how it is read, `finding` matches
its lines, `splitting` makes a line for each of two people, `deciding` does what people say about them, `ending` signs
it off. `remembering` keeps for the next list what people said about this one. Nothing is posted but by a person's
decision.
"""
