"""What people see: the first pages, the phone app, the co-ordinator's desk. README.md here says how it hangs
together."""
