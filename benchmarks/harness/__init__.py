"""What the benchmarks against SDKs share: rounds, bounds, contenders, stub servers, tables."""
