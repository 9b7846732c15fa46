"""What tests of logic need instead of a network and a clock; shipped."""
