"""What clients can do with topics, noun by noun; `service.Service` has all of it."""
