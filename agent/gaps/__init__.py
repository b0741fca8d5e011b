"""What the knowledge lacks, contradicts and let grow old."""
