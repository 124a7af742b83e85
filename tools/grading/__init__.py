"""What tools/grade is made of: what was handed in, verdicts, and reports."""
