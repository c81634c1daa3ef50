"""A day of somebody who migrates for the first time: rows, what must become of each, a terminal, and what it shows."""
