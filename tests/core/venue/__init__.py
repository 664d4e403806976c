"""The simulated venue against a naive one, against its promises, and against worked examples."""
