"""What an author of a service tests it with: real servers on loopback, the conformance suite."""
