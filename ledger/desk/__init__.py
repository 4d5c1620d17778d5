"""The co-ordinator's desk: imports, exports, the demo, and what else leans on the book from outside."""
