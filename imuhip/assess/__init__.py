"""From joint angles to what a coach reads: repetitions, measures, compensations, sides."""
