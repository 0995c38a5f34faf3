"""CloudFormation's terms as values: stacks, statuses, events, errors, requests."""
