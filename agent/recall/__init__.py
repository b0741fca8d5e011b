"""An article was corrected: who got the old answer, and what they are written."""
