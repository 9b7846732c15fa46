"""What is asked, fixed before the answer is known; below everything that asks or judges."""
