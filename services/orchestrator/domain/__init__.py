"""What may happen to an application and its environments: pure, without a clock or a store."""
