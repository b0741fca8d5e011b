"""When the offline model may trust what it found."""
