"""What stands against a class once the tests have spoken: the second rule's doubts, each in a file."""
