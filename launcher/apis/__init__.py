"""What the clouds' own APIs take and answer, below the backends: calls, tries, and refusals in our words."""
