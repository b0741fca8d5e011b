"""Cases through the same rules, loop and checks as real questions, with no customer: how much
goes right, and what a change turns."""
